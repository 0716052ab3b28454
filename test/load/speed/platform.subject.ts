import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { basic, RegistryClient, send } from '@haven/testing/oci';
import { OwnPlatform } from '../../harness/own-platform.ts';
import { pidOf } from '../../harness/processes.ts';
import type { Started, Subject } from './subject.ts';

export const admin = { username: 'admin', password: 'Harbor12345' };
/** Far below the lifetime of a token, half an hour. */
const tokenAgeMs = 600_000;

interface Token {
  headers: Promise<Readonly<Record<string, string>>>;
  madeAt: number;
}

/** Haven, as its users reach it: through nginx, with tokens. */
export class PlatformSubject implements Started {
  readonly name = 'Haven';
  readonly url: string;
  /** The registry's own port, past nginx. */
  readonly direct: Subject;
  private readonly tokens = new Map<string, Token>();
  private readonly projects = new Map<string, Promise<void>>();

  private constructor(
    readonly platform: OwnPlatform,
    readonly version: string,
    registryPort: number,
  ) {
    this.url = platform.url.replace('localhost', '127.0.0.1');
    this.direct = {
      name: 'Haven without nginx',
      url: `http://127.0.0.1:${registryPort}`,
      headersFor: (repository) => this.headersFor(repository),
      prepare: (repository) => this.prepare(repository),
      blobFile: (_repository, digest) => this.blobFile(_repository, digest),
      pids: () => this.pids(),
    };
  }

  static async start(): Promise<PlatformSubject> {
    const platform = await OwnPlatform.start();
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
      version: string;
    };
    return new PlatformSubject(platform, version, await platform.portOf('registry'));
  }

  headersFor(repository: string): Promise<Readonly<Record<string, string>>> {
    const known = this.tokens.get(repository);
    if (known !== undefined && performance.now() - known.madeAt < tokenAgeMs) return known.headers;
    const headers = this.newToken(repository).then((token) => ({ authorization: `Bearer ${token}` }));
    this.tokens.set(repository, { headers, madeAt: performance.now() });
    return headers;
  }

  /** A token as a client gets it, for all that the administrator may do in a repository. */
  newToken(repository: string): Promise<string> {
    const scope = `repository:${repository}:pull,push`;
    const client = new RegistryClient(this.url, admin);
    return client.fetchToken({ realm: `${this.url}/service/token`, service: 'harbor-registry', scope });
  }

  prepare(repository: string): Promise<void> {
    const project = repository.slice(0, repository.indexOf('/'));
    let made = this.projects.get(project);
    if (made === undefined) this.projects.set(project, (made = this.platform.newProject(project)));
    return made;
  }

  blobFile(_repository: string, digest: string): string {
    return join(this.platform.data, 'storage', distributionPath(digest));
  }

  async pids(): Promise<readonly number[]> {
    const records = (await readdir(join(this.platform.data, 'run'))).filter((file) => file.endsWith('.json'));
    const parts = records.map((file) => file.slice(0, -'.json'.length)).filter((part) => part !== 'ports');
    return Promise.all(parts.map((part) => pidOf(this.platform.data, part)));
  }

  /** Makes somebody who may pull what is public, and answers how they log in. */
  async newLogin(username: string): Promise<string> {
    const password = `Aa1-${username}`;
    const body = { username, password, email: `${username}@example.com`, realname: username };
    (await this.platform.api('POST', '/users', body)).expect(201);
    return basic(username, password);
  }

  /** Lets everybody pull from a project. */
  async publish(project: string): Promise<void> {
    const headers = { authorization: basic(admin.username, admin.password), 'content-type': 'application/json' };
    const body = JSON.stringify({ metadata: { public: 'true' } });
    (await send('PUT', `${this.url}/api/v2.0/projects/${project}`, { headers, body })).expect(200);
  }

  stop(): Promise<void> {
    return this.platform.remove();
  }
}

/** Where distribution's layout, which Haven shares, has a blob. */
export function distributionPath(digest: string): string {
  const hex = digest.slice(digest.indexOf(':') + 1);
  return join('docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
}
