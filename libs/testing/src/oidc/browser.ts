import { request } from 'undici';

export interface Page {
  url: URL;
  status: number;
  location: string | undefined;
  headers: SiteAnswer['headers'];
  body: string;
}

/** What a site is asked with, and what it answers: for sites that are not reached over a network. */
export interface SiteRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}
export interface SiteAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | number | undefined>>;
  body: string;
}
export type Site = (request: SiteRequest) => Promise<SiteAnswer>;

const mostHops = 20;

/** As much of a browser as a log-in needs: cookies by site, redirects, and forms. */
export class Browser {
  private readonly jars = new Map<string, Map<string, string>>();

  /** @param sites by origin, those that are asked in another way than over the network */
  constructor(private readonly sites: Readonly<Record<string, Site>>) {}

  /** One request, with the cookies of its site; those that come back are kept. */
  async ask(address: string | URL, { method = 'GET', form, json, headers = {} }: AskOptions = {}): Promise<Page> {
    const url = new URL(address);
    const body =
      form === undefined
        ? json === undefined
          ? undefined
          : JSON.stringify(json)
        : new URLSearchParams(form).toString();
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const sent = {
      method,
      path: url.pathname + url.search,
      headers: {
        ...(this.cookiesOf(url) === '' ? {} : { cookie: this.cookiesOf(url) }),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    };
    const answer = await (this.sites[url.origin] ?? overNetwork(url.origin))(sent);
    this.keep(url, [answer.headers['set-cookie'] ?? []].flat().map(String));
    const { status, headers: answered } = answer;
    const { location } = answered;
    return {
      ...{ url, status, headers: answered, body: answer.body },
      location: location === undefined ? undefined : String(location),
    };
  }

  /** Goes where the redirects lead, until somebody answers, or sends the browser to a page that `isEnd` names. */
  async follow(first: Page, isEnd: (url: URL) => boolean = () => false): Promise<Page> {
    let page = first;
    for (let hops = 0; page.location !== undefined && page.status >= 300 && page.status < 400; hops += 1) {
      if (hops === mostHops) throw new Error(`redirected for ever, at last to ${page.location}`);
      const next = new URL(page.location, page.url);
      if (isEnd(next)) return { ...page, url: next };
      page = await this.ask(next);
    }
    return page;
  }

  /** Fills in and sends the one form of a page. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.body)?.[1];
    if (action === undefined) throw new Error(`no form on ${page.url.href}: ${page.body.slice(0, 500)}`);
    const hidden = [...page.body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const given = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    return this.ask(new URL(action.replaceAll('&amp;', '&'), page.url), {
      method: 'POST',
      form: { ...given, ...fields },
    });
  }

  /** The value of a cookie, or undefined. */
  cookie(origin: string, name: string): string | undefined {
    return this.jars.get(origin)?.get(name);
  }

  setCookie(origin: string, name: string, value: string): void {
    this.keep(new URL(origin), [`${name}=${value}`]);
  }

  private cookiesOf({ origin }: URL): string {
    return [...(this.jars.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  private keep({ origin }: URL, cookies: readonly string[]): void {
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    for (const cookie of cookies) {
      const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
      const [name = '', ...value] = pair.split('=');
      const isOver = attributes.some((attribute) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(attribute));
      if (isOver) jar.delete(name);
      else jar.set(name, value.join('='));
    }
  }
}

export interface AskOptions {
  method?: string;
  form?: Readonly<Record<string, string>>;
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

const overNetwork =
  (origin: string): Site =>
  async ({ method, path, headers, body }) => {
    const answer = await request(origin + path, { method, headers, body: body ?? null });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  };
