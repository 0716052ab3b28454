import { rm, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOciLayout, writeOciLayout, type Credentials, type Image, type Index } from '@haven/testing/oci';
import { findProgram, run, type Outcome } from '../harness/command.ts';
import { Unavailable, type ContainerClient, type Pulled, type Pushed } from './container-client.ts';

/** Skopeo, whose store is an OCI layout. */
export async function startSkopeo(folder: string): Promise<ContainerClient> {
  const program = findProgram('skopeo');
  if (program === undefined) throw new Unavailable('skopeo is not installed');
  const client = new SkopeoClient(program, folder);
  await writeFile(client.authFile, '{}');
  return client;
}

class SkopeoClient implements ContainerClient {
  readonly authFile: string;
  private readonly digestFile: string;
  private readonly outgoing: string;
  private readonly incoming: string;

  constructor(
    private readonly program: string,
    folder: string,
  ) {
    this.authFile = join(folder, 'auth.json');
    this.digestFile = join(folder, 'digest');
    this.outgoing = join(folder, 'outgoing');
    this.incoming = join(folder, 'incoming');
  }

  logIn(host: string, { username, password }: Credentials): Promise<Outcome> {
    const args = ['login', '--tls-verify=false', '--username', username, '--password-stdin', host];
    return this.skopeo(args, password);
  }

  logOut(host: string): Promise<Outcome> {
    return this.skopeo(['logout', host]);
  }

  async push(image: Image, reference: string): Promise<Pushed> {
    await writeOciLayout(this.outgoing, image, 'image');
    return this.copy(`oci:${this.outgoing}:image`, `docker://${reference}`);
  }

  pushAgain(from: string, to: string): Promise<Pushed> {
    return this.copy(`docker://${from}`, `docker://${to}`);
  }

  async pushIndex(index: Index, reference: string): Promise<Outcome> {
    await writeOciLayout(this.outgoing, index, 'index');
    return this.copy(`oci:${this.outgoing}:index`, `docker://${reference}`, '--all');
  }

  async pull(reference: string, architecture?: string): Promise<Outcome> {
    await rm(this.incoming, { recursive: true, force: true });
    const platform = architecture ? ['--override-os', 'linux', '--override-arch', architecture] : [];
    const args = ['copy', '--src-tls-verify=false', `docker://${reference}`, `oci:${this.incoming}`];
    return this.skopeo([...platform, ...args]);
  }

  async inspect(): Promise<Pulled> {
    const { digest, bytes } = await readOciLayout(this.incoming);
    const manifest = JSON.parse(bytes.toString()) as { config: { digest: string } };
    return { digest, configDigest: manifest.config.digest };
  }

  async stop(): Promise<void> {
    await rm(this.incoming, { recursive: true, force: true });
  }

  private async copy(from: string, to: string, ...flags: string[]): Promise<Pushed> {
    const unencrypted = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const args = ['copy', ...flags, ...unencrypted, '--digestfile', this.digestFile, from, to];
    const outcome = await this.skopeo(args);
    return { ...outcome, digest: outcome.code === 0 ? await readFile(this.digestFile, 'utf8') : undefined };
  }

  private skopeo(args: readonly string[], input?: string): Promise<Outcome> {
    const env = { REGISTRY_AUTH_FILE: this.authFile };
    return run(this.program, ['--insecure-policy', ...args], { env, ...(input !== undefined && { input }) });
  }
}
