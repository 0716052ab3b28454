import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { admin, CoreApp, type Credentials, type TestUser } from './core-app.js';
import { reportCases } from './report.cases.js';

const guestRole = 3;
const projectAdminRole = 1;

const basic = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

async function until<T>(read: () => T | Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > deadline) throw new Error(`not in time, last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Somebody who watches. */
class Watcher {
  text = '';
  hasEnded = false;

  private constructor(private readonly answer: IncomingMessage) {
    answer.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
    });
    answer.on('error', () => undefined);
    answer.on('close', () => {
      this.hasEnded = true;
    });
  }

  /** @returns once it is being told */
  static async open(url: string, as: Credentials, query = ''): Promise<Watcher> {
    const headers = { authorization: basic(as) };
    const request = get(`${url}/api/v2.0/operations/stream${query}`, { headers, agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
    const watcher = new Watcher(answer);
    await watcher.sees('from now on');
    return watcher;
  }

  async sees(what: string | RegExp): Promise<void> {
    await until(
      () => this.text,
      (text) => text.search(what) >= 0,
    );
  }

  close(): void {
    this.answer.destroy();
  }
}

describe('operations', () => {
  let [core, other, alone]: CoreApp[] = [];
  const urls = new Map<CoreApp, string>();
  let own: number;
  let foreign: number;
  let [owner, guest, outsider]: TestUser[] = [];

  const must = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('not started');
    return value;
  };
  const at = (app: CoreApp | undefined): string => must(urls.get(must(app)));

  beforeAll(async () => {
    core = await CoreApp.start();
    other = await CoreApp.start({ on: core });
    // A Redis that is away.
    alone = await CoreApp.start({ on: core, env: { HAVEN_REDIS_URL: 'redis://127.0.0.1:1' } });
    for (const app of [core, other, alone]) urls.set(app, await app.listen());
    own = await core.createProject('watched');
    foreign = await core.createProject('foreign');
    owner = await core.createUser('watch-owner');
    guest = await core.createUser('watch-guest');
    outsider = await core.createUser('watch-outsider');
    await core.addMember('watched', owner, projectAdminRole);
    await core.addMember('watched', guest, guestRole);
    await core.addMember('foreign', outsider, guestRole);
  }, 30_000);
  afterAll(async () => {
    await alone?.stop();
    await other?.stop();
    await core?.stop();
  });

  const tell = async (app: CoreApp | undefined, news: object): Promise<void> => {
    const answer = await must(app).call('POST', '/service/transfers', { headers: must(app).asService, body: news });
    expect(answer.status).toBe(200);
  };
  const transferOf = (id: string, more: object = {}) => ({
    ...{ id, kind: 'push', projectId: own, repository: 'watched/app', username: 'alice', address: '192.0.2.7' },
    ...{ startTime: new Date().toISOString(), bytes: 1_000, bytesPerSecond: 500, totalBytes: 4_000, ...more },
  });
  const running = (source: string, ...transfers: object[]) => ({ kind: 'running', source, transfers });
  const seenBy = async (as: Credentials | undefined, app = core, query = ''): Promise<Record<string, unknown>[]> =>
    (await must(app).get(`/operations/transfers${query}`, as)).body as Record<string, unknown>[];
  const pushed = (repository: string, projectId: number, more: object = {}) => ({
    ...{ id: randomUUID(), timestamp: new Date().toISOString(), action: 'push', projectId, artifactId: 1 },
    ...{
      target: { repository, digest: 'sha256:1', tag: 'v1' },
      actor: { name: 'alice' },
      request: { addr: '192.0.2.7' },
    },
    ...more,
  });
  const notify = async (...events: object[]): Promise<void> => {
    const answer = await must(core).call('POST', '/service/notifications', {
      headers: must(core).asService,
      body: { events },
    });
    expect(answer.status).toBe(200);
  };

  it('are for those who have said who they are; the news come from services only', async () => {
    const app = must(core);
    for (const path of ['/operations/transfers', '/operations/stream']) expect((await app.get(path)).status).toBe(401);
    expect((await app.get('/operations/transfers', outsider)).body).toEqual([]);
    expect((await app.get('/operations/transfers?kind=delete', admin)).status).toBe(400);
    for (const path of ['/service/transfers', '/service/traffic']) {
      expect((await app.call('POST', path, { body: {} })).status).toBe(401);
      expect((await app.call('POST', path, { as: admin, body: {} })).status).toBe(403);
      expect((await app.call('POST', path, { headers: app.asService, body: {} })).status).toBe(422);
    }
  });

  it('show transfers of every registry at every replica, to members, and their addresses to whom the log is open', async () => {
    await tell(core, running('one', transferOf('a')));
    await tell(other, running('two', transferOf('b', { kind: 'pull', repository: 'watched/other' })));
    const all = await until(
      () => seenBy(admin, other),
      (seen) => seen.length === 2,
    );
    expect(all[0]).toEqual({
      ...{ id: 'a', kind: 'push', state: 'running', project_id: own, repository_name: 'watched/app' },
      ...{ username: 'alice', address: '192.0.2.7', start_time: expect.any(String) as string },
      ...{ bytes: 1_000, bytes_per_second: 500, total_bytes: 4_000 },
    });
    expect((await seenBy(owner)).map(({ address }) => address)).toEqual(['192.0.2.7', '192.0.2.7']);
    expect((await seenBy(guest)).map(({ id, address }) => [id, address])).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
    expect(await seenBy(outsider)).toEqual([]);
    const ids = async (query: string) => (await seenBy(admin, core, query)).map(({ id }) => id);
    expect(await ids('?kind=pull')).toEqual(['b']);
    expect(await ids('?project=watched&repository=watched/app')).toEqual(['a']);
    expect(await ids('?page=2&page_size=1')).toEqual(['b']);
  });

  it('end when the registry says so, and are lost when it says nothing any more', async () => {
    const watcher = await Watcher.open(at(other), must(owner), '?kind=transfer');
    await tell(core, running('one', transferOf('c', { bytes: 2_000 }), transferOf('d')));
    await watcher.sees(/"id":"d","kind":"push","state":"running"/);
    await tell(core, { kind: 'ended', transfers: [{ id: 'c', bytes: 4_000 }] });
    await watcher.sees(/"id":"c","kind":"push","state":"ended".*"bytes":4000/);
    // Killed: nothing comes from it any more.
    await watcher.sees(/"id":"d","kind":"push","state":"lost"/);
    await until(
      () => seenBy(admin),
      (seen) => seen.length === 0,
    );
    watcher.close();
  }, 20_000);

  it('show a pull that nginx sends until its log says that it is over, also when that is said first', async () => {
    const pull = { kind: 'pull', digest: 'sha256:1', bytes: undefined, bytesPerSecond: undefined };
    await tell(core, { kind: 'started', transfers: [transferOf('req sha256:1', pull)] });
    await until(
      () => seenBy(guest, other),
      (seen) => seen.length === 1,
    );
    await tell(other, { kind: 'ended', transfers: [{ id: 'req sha256:1', bytes: 4_000 }] });
    await until(
      () => seenBy(guest),
      (seen) => seen.length === 0,
    );
    await tell(core, { kind: 'ended', transfers: [{ id: 'req sha256:2', bytes: 4_000 }] });
    await tell(core, { kind: 'started', transfers: [transferOf('req sha256:2', pull)] });
    expect(await seenBy(guest)).toEqual([]);
  });

  it('stream pushes, pulls and deletions as they happen, each once, to whom they may be shown', async () => {
    const [all, member, stranger] = await Promise.all(
      [admin, must(guest), must(outsider)].map((user) => Watcher.open(at(other), user)),
    );
    const event = pushed('watched/app', own);
    await notify(event);
    await notify(event);
    const pull = { action: 'pull', artifactId: undefined, count: 3 };
    await notify(pushed('watched/app', own, pull), pushed('foreign/app', foreign, { action: 'delete' }));
    await all?.sees('event: delete');
    await member?.sees('event: pull');
    await stranger?.sees('event: delete');
    expect(all?.text.split('event: push')).toHaveLength(2);
    expect(all?.text).toContain('"address":"192.0.2.7"');
    expect(member?.text).toMatch(
      /event: push\ndata: \{.*"repository_name":"watched\/app","digest":"sha256:1","tag":"v1"/,
    );
    expect(member?.text).toContain('"count":3');
    expect(member?.text).not.toContain('foreign');
    expect(member?.text).not.toContain('192.0.2.7');
    expect(stranger?.text).not.toContain('watched');
    for (const watcher of [all, member, stranger]) watcher?.close();
  });

  it('are no longer shown to a member who was removed, nor to a user who is gone', async () => {
    const app = must(core);
    const [leaver, goner, witness] = await Promise.all(
      ['leaver', 'goner', 'witness'].map((name) => app.createUser(`watch-${name}`)),
    );
    if (leaver === undefined || goner === undefined || witness === undefined) throw new Error('not made');
    const membership = await app.addMember('watched', leaver, guestRole);
    // Rights are looked at again in the order in which streams were opened.
    const gone = await Watcher.open(at(core), goner);
    const left = await Watcher.open(at(core), leaver);
    const last = await Watcher.open(at(core), witness);
    await notify(pushed('watched/before', own));
    await left.sees('watched/before');
    expect((await app.delete(`/projects/watched/members/${membership}`, admin)).status).toBe(200);
    for (const [user, watcher] of [
      [goner, gone],
      [witness, last],
    ] as const) {
      expect((await app.delete(`/users/${user.userId}`, admin)).status).toBe(200);
      await until(
        () => watcher.hasEnded,
        (hasEnded) => hasEnded,
      );
    }
    const all = await Watcher.open(at(core), admin);
    await notify(pushed('watched/after', own));
    await all.sees('watched/after');
    expect(left.text).not.toContain('after');
    left.close();
    all.close();
  }, 20_000);

  it('are shown without Redis, as far as they are told here', async () => {
    const watcher = await Watcher.open(at(alone), admin);
    await tell(alone, running('three', transferOf('e')));
    await watcher.sees('"id":"e"');
    expect((await seenBy(admin, alone)).map(({ id }) => id)).toEqual(['e']);
    watcher.close();
  });

  it('do not hold up a stop', async () => {
    const stopping = await CoreApp.start({ on: must(core) });
    const watcher = await Watcher.open(await stopping.listen(), admin);
    const before = performance.now();
    await stopping.stop();
    await until(
      () => watcher.hasEnded,
      (hasEnded) => hasEnded,
    );
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  describe('reports', () => {
    reportCases(() => must(core));
  });
});
