import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { directory, type Slapd } from '@haven/testing/ldap';
import { admin, CoreApp, type Credentials } from './core-app.js';

/** Stands between core and the directory, and falls silent on the connection of this number and on all after it. */
class SilentProxy {
  readonly open = new Set<Socket>();
  private connections = 0;
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string, silentFrom: number): Promise<SilentProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new SilentProxy(server, `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (socket) => {
      proxy.open.add(socket);
      socket.on('close', () => proxy.open.delete(socket)).on('error', () => undefined);
      proxy.connections += 1;
      if (proxy.connections >= silentFrom) socket.resume();
      else socket.pipe(connect(Number(new URL(target).port), '127.0.0.1').on('error', () => undefined)).pipe(socket);
    });
    return proxy;
  }

  /** Waits until core has let go of every connection. */
  async drained(): Promise<void> {
    for (const socket of this.open) await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await once(this.server.close(), 'close');
  }
}

/** What people see when the directory is away, slow, or not the one that it should be. */
export function ldapFailureCases(stageOf: () => { core: CoreApp; slapd: Slapd }): void {
  let core: CoreApp;
  let slapd: Slapd;
  const as = (username: string): Credentials => ({ username, password: directory.password });

  const set = async (values: Readonly<Record<string, unknown>>) => {
    expect((await core.put('/configurations', values, admin)).status).toBe(200);
  };
  const refusal = async (username: string, app: CoreApp = core) => {
    const { status, body, headers } = await app.get('/users/current', as(username));
    return { status, message: (body as { errors?: { message: string }[] }).errors?.[0]?.message, headers };
  };

  beforeAll(() => {
    ({ core, slapd } = stageOf());
  });
  afterEach(() =>
    set({
      ...{ ldap_url: slapd.url, ldap_timeout: 5, ldap_verify_cert: true, ldap_base_dn: directory.people },
      ldap_search_password: directory.reader.password,
    }),
  );

  it('is 503 with a word on why when it is down, while the local administrator gets in', async () => {
    await set({ ldap_url: 'ldap://127.0.0.1:1' });
    expect(await refusal('user0301')).toMatchObject({
      status: 503,
      message: expect.stringContaining('the LDAP directory does not answer') as unknown,
      headers: { 'retry-after': '5' },
    });
    expect((await core.get('/users/current', admin)).status).toBe(200);
    expect((await core.get('/ldap/users/search', admin)).status).toBe(503);
  });

  it('is 503, not a wrong password, when the settings are wrong', async () => {
    await set({ ldap_search_password: 'wrong' });
    expect(await refusal('user0302')).toMatchObject({
      status: 503,
      message: expect.stringContaining('refuses the search account') as unknown,
    });
    await set({ ldap_filter: '((' });
    await set({ ldap_search_password: directory.reader.password });
    expect(await refusal('user0302')).toMatchObject({
      status: 503,
      message: expect.stringContaining('filter') as unknown,
    });
    await set({ ldap_filter: '(objectClass=inetOrgPerson)', ldap_base_dn: 'dc=elsewhere' });
    expect(await refusal('user0302')).toMatchObject({
      status: 503,
      message: expect.stringContaining('base DN') as unknown,
    });
  });

  it.each([
    ['from the start', 1],
    ['when the password is checked', 2],
  ])('is 503 within the time-out when it falls silent %s, and no connection stays open', async (_when, silentFrom) => {
    const proxy = await SilentProxy.start(slapd.url, silentFrom);
    await set({ ldap_url: proxy.url, ldap_timeout: 1 });
    const start = performance.now();
    expect((await refusal('user0303')).status).toBe(503);
    expect(performance.now() - start).toBeLessThan(4_000);
    await proxy.drained();
    await proxy.stop();
  });

  it('is not called beyond the reach of calls to others', async () => {
    const confined = await CoreApp.start({ on: core, env: { HAVEN_OUTBOUND_REACH: 'private' } });
    expect(await refusal('user0306', confined)).toMatchObject({
      status: 503,
      message: expect.stringContaining('HAVEN_OUTBOUND_REACH') as unknown,
    });
    await confined.stop();
  });

  it('is trusted over TLS by the authority that is set, and by no other', async () => {
    await set({ ldap_url: slapd.tlsUrl });
    expect((await core.get('/users/current', as('user0304'))).status).toBe(200);
    const stranger = await CoreApp.start({
      on: core,
      env: { HAVEN_OUTBOUND_REACH: 'loopback', HAVEN_OUTBOUND_CA_FILE: '' },
    });
    try {
      expect(await refusal('user0305', stranger)).toMatchObject({
        status: 503,
        message: expect.stringContaining('certificate of the LDAP directory is not trusted') as unknown,
      });
      await set({ ldap_verify_cert: false });
      await stranger.configure({});
      expect((await stranger.get('/users/current', as('user0305'))).status).toBe(200);
    } finally {
      await stranger.stop();
    }
  });
}
