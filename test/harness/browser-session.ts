import { send, type Answer, type Credentials } from '@haven/testing/oci';
import { platform } from './platform.ts';

const csrfHeader = 'x-harbor-csrf-token';

/** What a browser keeps: cookies, and the token that guards against forged requests. */
export class BrowserSession {
  private readonly cookies = new Map<string, string>();
  private csrfToken: string | undefined;

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  get hasSession(): boolean {
    return (this.cookies.get('sid') ?? '') !== '';
  }

  /** Logs in as the portal does: the first answer brings the token that the form needs. */
  async logIn({ username, password }: Credentials): Promise<Answer> {
    if (this.csrfToken === undefined) await this.request('GET', '/c/log_out');
    return this.request('POST', '/c/login', {
      type: 'application/x-www-form-urlencoded',
      text: new URLSearchParams({ principal: username, password }).toString(),
    });
  }

  logOut(): Promise<Answer> {
    return this.request('GET', '/c/log_out');
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', `/api/v2.0${path}`);
  }

  post(path: string, body: unknown, options: { withCsrfToken: boolean } = { withCsrfToken: true }): Promise<Answer> {
    const content = { type: 'application/json', text: JSON.stringify(body) };
    return this.request('POST', `/api/v2.0${path}`, content, options.withCsrfToken);
  }

  private async request(
    method: string,
    path: string,
    body?: { type: string; text: string },
    withCsrfToken = true,
  ): Promise<Answer> {
    const answer = await send(method, `${platform.url}${path}`, {
      headers: {
        cookie: this.cookieHeader,
        ...(withCsrfToken && this.csrfToken !== undefined && { [csrfHeader]: this.csrfToken }),
        ...(body && { 'content-type': body.type }),
      },
      ...(body && { body: body.text }),
    });
    for (const cookie of answer.cookies) {
      const equals = cookie.indexOf('=');
      this.cookies.set(cookie.slice(0, equals), cookie.slice(equals + 1));
    }
    this.csrfToken = answer.header(csrfHeader) ?? this.csrfToken;
    return answer;
  }
}
