import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerArchive, writeOciLayout, type Credentials, type Image, type Index } from '@haven/testing/oci';
import { findProgram, mustRun, run, type CommandOptions, type Outcome } from '../harness/command.ts';
import { Unavailable, type ContainerClient, type Pulled, type Pushed } from './container-client.ts';

/** Podman on a store of the test's own. */
export async function startPodman(folder: string): Promise<ContainerClient> {
  const program = findProgram('podman');
  if (program === undefined) throw new Unavailable('podman is not installed');
  const client = new PodmanClient(program, folder);
  await writeFile(client.authFile, '{}');
  const { code, output } = await client.podman(['info']);
  if (code !== 0) throw new Unavailable(`podman does not run here: ${output.trim()}`);
  return client;
}

export class PodmanClient implements ContainerClient {
  readonly authFile: string;
  private readonly store: readonly string[];
  private readonly digestFile: string;

  constructor(
    private readonly program: string,
    protected readonly folder: string,
  ) {
    this.authFile = join(folder, 'auth.json');
    this.digestFile = join(folder, 'digest');
    this.store = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  }

  logIn(host: string, { username, password }: Credentials): Promise<Outcome> {
    const args = ['login', '--tls-verify=false', '--username', username, '--password-stdin', host];
    return this.podman(args, { input: password });
  }

  logOut(host: string): Promise<Outcome> {
    return this.podman(['logout', host]);
  }

  async push(image: Image, reference: string): Promise<Pushed> {
    await this.load(await dockerArchive(image, reference));
    return this.pushAgain(reference, reference);
  }

  async pushAgain(from: string, to: string): Promise<Pushed> {
    const args = ['push', '--tls-verify=false', '--digestfile', this.digestFile, from, `docker://${to}`];
    const outcome = await this.podman(args);
    return { ...outcome, digest: outcome.code === 0 ? await readFile(this.digestFile, 'utf8') : undefined };
  }

  async pushIndex(index: Index, reference: string): Promise<Outcome> {
    await this.mustPodman(['manifest', 'create', reference]);
    for (const image of index.children) {
      const layout = join(this.folder, image.platform.architecture);
      await writeOciLayout(layout, image, 'image');
      await this.mustPodman(['manifest', 'add', reference, `oci:${layout}:image`]);
    }
    return this.podman(['manifest', 'push', '--all', '--tls-verify=false', reference, `docker://${reference}`]);
  }

  async pull(reference: string, architecture?: string): Promise<Outcome> {
    await this.mustPodman(['rmi', '--all', '--force']);
    const platform = architecture ? ['--platform', `linux/${architecture}`] : [];
    return this.podman(['pull', '--tls-verify=false', ...platform, reference]);
  }

  async inspect(reference: string): Promise<Pulled> {
    const text = await this.mustPodman(['image', 'inspect', '--format', '{{.Id}} {{.Digest}}', reference]);
    const [id = '', digest = ''] = text.trim().split(' ');
    return { configDigest: `sha256:${id}`, digest };
  }

  async stop(): Promise<void> {
    await this.mustPodman(['rmi', '--all', '--force']);
  }

  /** Brings an archive's image into the store, under the name that the archive has for it. */
  protected async load(archive: Buffer): Promise<void> {
    await this.mustPodman(['load'], { input: archive });
  }

  podman(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    return run(this.program, [...this.store, ...args], this.withLogIn(options));
  }

  protected mustPodman(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return mustRun(this.program, [...this.store, ...args], this.withLogIn(options));
  }

  private withLogIn(options: CommandOptions): CommandOptions {
    return { ...options, env: { REGISTRY_AUTH_FILE: this.authFile } };
  }
}
