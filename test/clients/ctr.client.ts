import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeOciLayout, type Artifact, type Credentials, type Image, type Index } from '@haven/testing/oci';
import { findProgram, mustRun, run, type Outcome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { Unavailable, type ContainerClient, type Pulled, type Pushed } from './container-client.ts';

const nothing: Outcome = { code: 0, stdout: '', output: '' };

/** Starts a containerd of the test's own and drives it with its `ctr`. */
export async function startCtr(folder: string): Promise<ContainerClient> {
  const program = findProgram('ctr');
  const daemonProgram = findProgram('containerd');
  if (program === undefined || daemonProgram === undefined) throw new Unavailable('containerd or ctr is not installed');
  if (process.getuid?.() !== 0) throw new Unavailable('containerd needs root');
  const client = new CtrClient(program, await startDaemon(daemonProgram, folder), folder);
  try {
    await eventually('containerd answers', () => client.answers(), { timeoutMs: 30_000 });
  } catch (error) {
    await client.stop();
    const lastLine = (await readFile(join(folder, 'log'), 'utf8')).trimEnd().split('\n').at(-1) ?? '';
    throw new Unavailable(`containerd does not start: ${lastLine}`, { cause: error });
  }
  return client;
}

const socketIn = (folder: string): string => join(folder, 'containerd.sock');

async function startDaemon(file: string, folder: string): Promise<ChildProcess> {
  const configuration = join(folder, 'config.toml');
  const settings = [
    'version = 2',
    `root = "${join(folder, 'root')}"`,
    `state = "${join(folder, 'state')}"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `[grpc]\naddress = "${socketIn(folder)}"`,
  ];
  await writeFile(configuration, settings.join('\n'));
  await using log = await open(join(folder, 'log'), 'w');
  return spawn(file, ['--config', configuration], { stdio: ['ignore', log.fd, log.fd] });
}

/** It has no log-in: every command brings name and password. */
class CtrClient implements ContainerClient {
  private credentials: Credentials | undefined;
  private architecture = 'amd64';

  constructor(
    private readonly program: string,
    private readonly daemon: ChildProcess,
    private readonly folder: string,
  ) {}

  async answers(): Promise<true | undefined> {
    if (this.daemon.exitCode !== null) throw new Error('containerd has ended');
    return (await this.ctr('version')).code === 0 ? true : undefined;
  }

  logIn(_host: string, credentials: Credentials): Promise<Outcome> {
    this.credentials = credentials;
    return Promise.resolve(nothing);
  }

  logOut(): Promise<Outcome> {
    this.credentials = undefined;
    return Promise.resolve(nothing);
  }

  async push(image: Image, reference: string): Promise<Pushed> {
    await this.load(image, reference);
    return this.pushLoaded(reference);
  }

  async pushAgain(from: string, to: string): Promise<Pushed> {
    await this.mustCtr('images', 'tag', from, to);
    return this.pushLoaded(to);
  }

  async pushIndex(index: Index, reference: string): Promise<Outcome> {
    await this.load(index, reference);
    return this.pushLoaded(reference);
  }

  async pull(reference: string, architecture = 'amd64'): Promise<Outcome> {
    const names = (await this.mustCtr('images', 'ls', '--quiet')).split('\n').filter((name) => name !== '');
    if (names.length > 0) await this.mustCtr('images', 'rm', '--sync', ...names);
    this.architecture = architecture;
    const platform = ['--platform', `linux/${architecture}`, '--snapshotter', 'native'];
    return this.ctr('images', 'pull', '--plain-http', ...platform, ...this.user, reference);
  }

  async inspect(reference: string): Promise<Pulled> {
    const digest = await this.digestOf(reference);
    return { digest, configDigest: await this.configOf(digest) };
  }

  async stop(): Promise<void> {
    if (this.daemon.exitCode !== null) return;
    const ended = once(this.daemon, 'exit');
    this.daemon.kill('SIGTERM');
    const isOver = await Promise.race([ended.then(() => true), delay(20_000, false, { ref: false })]);
    if (!isOver) this.daemon.kill('SIGKILL');
    await ended;
  }

  private get user(): string[] {
    return this.credentials ? ['--user', `${this.credentials.username}:${this.credentials.password}`] : [];
  }

  private async load(artifact: Artifact, reference: string): Promise<void> {
    const [layout, archive] = [join(this.folder, 'layout'), join(this.folder, 'archive.tar')];
    const colon = reference.lastIndexOf(':');
    await rm(layout, { recursive: true, force: true });
    await mkdir(layout);
    await writeOciLayout(layout, artifact, reference.slice(colon + 1));
    await mustRun('tar', ['--create', '--file', archive, '--directory', layout, '.']);
    const how = ['--all-platforms', '--no-unpack', '--base-name', reference.slice(0, colon)];
    await this.mustCtr('images', 'import', ...how, archive);
  }

  private async pushLoaded(reference: string): Promise<Pushed> {
    const outcome = await this.ctr('images', 'push', '--plain-http', ...this.user, reference);
    return { ...outcome, digest: outcome.code === 0 ? await this.digestOf(reference) : undefined };
  }

  private async digestOf(reference: string): Promise<string> {
    const list = await this.mustCtr('images', 'ls', `name==${reference}`);
    return /sha256:[0-9a-f]{64}/.exec(list)?.[0] ?? '';
  }

  /** Digest of the config of the image that was pulled last, which may stand in an index. */
  private async configOf(digest: string): Promise<string> {
    const manifest = JSON.parse(await this.mustCtr('content', 'get', digest)) as {
      config?: { digest: string };
      manifests?: { digest: string; platform: { architecture: string } }[];
    };
    if (manifest.config) return manifest.config.digest;
    const child = manifest.manifests?.find(({ platform }) => platform.architecture === this.architecture);
    return child ? this.configOf(child.digest) : '';
  }

  private ctr(...args: string[]): Promise<Outcome> {
    return run(this.program, ['--address', socketIn(this.folder), ...args]);
  }

  private mustCtr(...args: string[]): Promise<string> {
    return mustRun(this.program, ['--address', socketIn(this.folder), ...args]);
  }
}
