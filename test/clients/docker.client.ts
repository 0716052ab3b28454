import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dockerArchive, type Credentials, type Image, type Index } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { findProgram, mustRun, run, type Outcome } from '../harness/command.ts';
import { Unavailable, type ContainerClient, type Pulled, type Pushed } from './container-client.ts';

/** Starts a Docker daemon of the test's own, which shares nothing with one that may run on the machine. */
export async function startDocker(folder: string): Promise<ContainerClient> {
  const program = findProgram('docker');
  const daemonProgram = findProgram('dockerd');
  if (program === undefined || daemonProgram === undefined) throw new Unavailable('docker or dockerd is not installed');
  if (process.getuid?.() !== 0) throw new Unavailable('dockerd needs root');
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const daemon = await startDaemon(daemonProgram, folder, socket);
  const client = new DockerClient(program, daemon, { DOCKER_HOST: socket, DOCKER_CONFIG: join(folder, 'config') });
  try {
    await eventually('dockerd answers', () => client.answers(), { timeoutMs: 30_000 });
  } catch (error) {
    await client.stop();
    const lastLine = (await readFile(join(folder, 'log'), 'utf8')).trimEnd().split('\n').at(-1) ?? '';
    throw new Unavailable(`dockerd does not start: ${lastLine}`, { cause: error });
  }
  return client;
}

async function startDaemon(file: string, folder: string, socket: string): Promise<ChildProcess> {
  const configuration = join(folder, 'daemon.json');
  await mkdir(join(folder, 'config'));
  await writeFile(configuration, '{}');
  await using log = await open(join(folder, 'log'), 'w');
  const own = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')];
  const files = ['--pidfile', join(folder, 'pid'), '--config-file', configuration];
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'];
  return spawn(file, ['--host', socket, ...own, ...files, ...network], { stdio: ['ignore', log.fd, log.fd] });
}

/** Drives one daemon. */
export class DockerClient implements ContainerClient {
  constructor(
    private readonly program: string,
    private readonly daemon: ChildProcess,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  async answers(): Promise<true | undefined> {
    if (this.daemon.exitCode !== null) throw new Error('dockerd has ended');
    return (await this.docker('version')).code === 0 ? true : undefined;
  }

  logIn(host: string, { username, password }: Credentials): Promise<Outcome> {
    const args = ['login', '--username', username, '--password-stdin', host];
    return run(this.program, args, { env: this.env, input: password });
  }

  logOut(host: string): Promise<Outcome> {
    return this.docker('logout', host);
  }

  async push(image: Image, reference: string): Promise<Pushed> {
    await mustRun(this.program, ['load'], { env: this.env, input: await dockerArchive(image, reference) });
    return this.pushLoaded(reference);
  }

  async pushAgain(from: string, to: string): Promise<Pushed> {
    await mustRun(this.program, ['tag', from, to], { env: this.env });
    return this.pushLoaded(to);
  }

  private async pushLoaded(reference: string): Promise<Pushed> {
    const outcome = await this.docker('push', reference);
    return { ...outcome, digest: /digest: (sha256:[0-9a-f]{64})/.exec(outcome.output)?.[1] };
  }

  async pushIndex(index: Index, reference: string): Promise<Outcome> {
    const members: string[] = [];
    for (const image of index.children) {
      const member = `${reference}-${image.platform.architecture}`;
      const pushed = await this.push(image, member);
      if (pushed.code !== 0) return pushed;
      members.push(member);
    }
    const created = await this.docker('manifest', 'create', '--insecure', reference, ...members);
    return created.code === 0 ? this.docker('manifest', 'push', '--insecure', reference) : created;
  }

  async pull(reference: string, architecture?: string): Promise<Outcome> {
    await mustRun(this.program, ['image', 'prune', '--all', '--force'], { env: this.env });
    return this.docker('pull', ...(architecture ? ['--platform', `linux/${architecture}`] : []), reference);
  }

  async inspect(reference: string): Promise<Pulled> {
    const format = '{{.Id}} {{index .RepoDigests 0}}';
    const text = await mustRun(this.program, ['image', 'inspect', '--format', format, reference], { env: this.env });
    const [configDigest = '', named = ''] = text.trim().split(' ');
    return { configDigest, digest: named.slice(named.indexOf('@') + 1) };
  }

  async stop(): Promise<void> {
    if (this.daemon.exitCode !== null) return;
    const ended = once(this.daemon, 'exit');
    this.daemon.kill('SIGTERM');
    const isOver = await Promise.race([ended.then(() => true), delay(20_000, false, { ref: false })]);
    if (!isOver) this.daemon.kill('SIGKILL');
    await ended;
  }

  private docker(...args: string[]): Promise<Outcome> {
    return run(this.program, args, { env: this.env });
  }
}
