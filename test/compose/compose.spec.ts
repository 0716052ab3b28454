import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import { basic, makeImage, type Image } from '@haven/testing/oci';
import { mustRun } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/own-platform.ts';
import { describeUnless } from '../harness/left-out.ts';
import { makeCertificate } from './authority.ts';
import { ComposeProject } from './compose-project.ts';
import { startDockerHost, whyNoDockerHost, type DockerHost } from './docker-host.ts';

const minute = 60_000;
const name = 'haven.test';
const base = 'haven-test/base';
const services = ['core', 'registry', 'jobservice', 'gc-controller', 'log-collector', 'proxy', 'postgres', 'redis'];
const fresh = (): string => randomBytes(6).toString('hex');

describeUnless(await whyNoDockerHost(), 'docker compose', () => {
  let folder: string;
  let host: DockerHost;
  let project: ComposeProject;
  let address: string;
  let password: string;
  let dispatcher: Agent;
  const pushed: { reference: string; digest: string }[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haven-compose-'));
    await chmod(folder, 0o755);
    await makeCertificate(folder, name);
    await chown(join(folder, 'tls.key'), 10_000, 10_000);
    const ports = { http: await freePort(), https: await freePort(), log: await freePort() };
    address = `${name}:${ports.https}`;
    host = await startDockerHost(folder, address);
    const tools = dirname(dirname(dirname(await realpath(process.execPath))));
    await mustRun('bash', [join(import.meta.dirname, 'base-image.sh'), base, tools], {
      env: host.env,
      timeoutMs: 5 * minute,
    });
    project = new ComposeProject(host, {
      ...{ NODE_IMAGE: base, NGINX_IMAGE: base, REDIS_IMAGE: base, POSTGRES_IMAGE: `${base}-postgres` },
      HAVEN_HTTP_PORT: `127.0.0.1:${ports.http}`,
      HAVEN_HTTPS_PORT: `127.0.0.1:${ports.https}`,
      HAVEN_LOG_PORT: String(ports.log),
      HAVEN_EXTERNAL_URL: `https://${address}`,
      HAVEN_TLS_FOLDER: folder,
      HAVEN_CA_FILE: '/etc/haven/tls/ca.crt',
    });
    const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
    // The name is this host's, for the test as for the daemon.
    const lookup: LookupFunction = (_name, options, done) => {
      if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
      else done(null, '127.0.0.1', 4);
    };
    dispatcher = new Agent({ connect: { ca, lookup } });
    await project.run(['build']);
    await project.run(['up', '-d']);
    await project.healthy(services);
    password = (await project.run(['exec', '-T', 'core', 'cat', '/run/haven/platform/admin-password'])).trim();
  }, 15 * minute);

  afterAll(async () => {
    await dispatcher.close();
    await project.run(['down', '-v', '--remove-orphans']);
    await host.docker.stop();
    await rm(folder, { recursive: true, force: true });
  }, 5 * minute);

  const api = async (path: string): Promise<unknown> => {
    const headers = { authorization: basic('admin', password) };
    const answer = await request(`https://${address}/api/v2.0${path}`, { dispatcher, headers });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${path} → ${answer.statusCode} ${text.slice(0, 200)}`);
    return JSON.parse(text);
  };
  const push = async (image?: Image): Promise<void> => {
    const reference = `${address}/library/${fresh()}:1`;
    const made = image ?? (await makeImage({ seed: fresh(), layerBytes: [200_000, 2_000] }));
    const { code, output, digest } = await host.docker.push(made, reference);
    if (code !== 0 || digest === undefined) throw new Error(output);
    pushed.push({ reference, digest });
  };
  /** From the registry: nothing of it is left in the daemon. */
  const pullAll = async (): Promise<void> => {
    for (const { reference, digest } of pushed) {
      await project.docker('image', 'rm', '--force', reference);
      expect(await project.docker('pull', '--quiet', reference)).toContain(reference);
      expect((await host.docker.inspect(reference)).digest).toBe(digest);
    }
  };
  const isUp = async (): Promise<true | undefined> => {
    const health = (await api('/health').catch(() => ({}))) as { status?: string };
    return health.status === 'healthy' ? true : undefined;
  };

  it(
    'comes up over https, and docker logs in, pushes and pulls',
    async () => {
      expect((await host.docker.logIn(address, { username: 'admin', password })).output).toContain('Login Succeeded');
      await push();
      await pullAll();
      const authority = await request(`https://${address}/api/v2.0/systeminfo/getcert`, { dispatcher });
      expect(await authority.body.text()).toBe(await readFile(join(folder, 'ca.crt'), 'utf8'));
    },
    2 * minute,
  );

  it(
    'has the lines of all parts in its log collector',
    async () => {
      for (const service of ['core', 'registry', 'jobservice', 'gc-controller', 'log-collector', 'nginx', 'postgres']) {
        await eventually(`lines of ${service}`, async () => {
          const { lines } = (await api(`/logs?service=${service}`)) as { lines: unknown[] };
          return lines.length > 0 ? true : undefined;
        });
      }
    },
    2 * minute,
  );

  it(
    'tells nobody its secrets, in no line',
    async () => {
      const show = 'for file in /run/haven/platform/*; do cat "$file"; echo; done';
      const shown = await project.run(['exec', '-T', 'core', 'sh', '-c', show]);
      const secrets = shown.match(/^[0-9a-f]{64}$/gm) ?? [];
      expect(secrets).toHaveLength(4);
      for (const secret of secrets) expect(await api(`/logs?text=${secret}`)).toMatchObject({ lines: [] });
      expect(await api(`/logs?text=${encodeURIComponent(password)}`)).toMatchObject({ lines: [] });
    },
    2 * minute,
  );

  it.each(services)(
    'comes back by itself when %s is killed',
    async (service) => {
      const [container = ''] = await project.containersOf(service);
      const before = await project.restartsOf(container);
      await project.crash(container);
      await eventually(`${service} is started again`, async () =>
        (await project.restartsOf(container)) > before ? true : undefined,
      );
      await eventually('the platform answers', isUp, { timeoutMs: 2 * minute });
      await push();
      await pullAll();
    },
    5 * minute,
  );

  it(
    'has everything after a stop and a start',
    async () => {
      await project.run(['stop']);
      await project.run(['start']);
      await eventually('the platform answers', isUp, { timeoutMs: 2 * minute });
      await pullAll();
    },
    5 * minute,
  );

  it(
    'runs with two cores and two registries, of which one may die',
    async () => {
      await project.run(['up', '-d', '--no-recreate', '--scale', 'core=2', '--scale', 'registry=2']);
      await project.healthy(['core', 'registry']);
      for (let n = 0; n < 6; n += 1) await push();
      const [container = ''] = await project.containersOf('registry');
      await project.docker('stop', container);
      for (let n = 0; n < 4; n += 1) await push();
      await pullAll();
      await project.run(['up', '-d', '--no-recreate', '--scale', 'core=1', '--scale', 'registry=1']);
    },
    5 * minute,
  );

  it(
    'comes back from a backup after everything was wiped',
    async () => {
      const backup = join(folder, 'backup');
      await project.script('backup.sh', backup);
      await project.run(['down', '-v']);
      await project.script('restore.sh', backup);
      await project.run(['up', '-d']);
      await eventually('the platform answers', isUp, { timeoutMs: 2 * minute });
      await pullAll();
      await push();
    },
    8 * minute,
  );

  it(
    'does not restore over a platform that is there',
    async () => {
      await expect(project.script('restore.sh', join(folder, 'backup'))).rejects.toThrow('exists already');
    },
    2 * minute,
  );
});
