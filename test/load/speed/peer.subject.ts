import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sayLeftOut } from '../../harness/left-out.ts';
import { eventually } from '../../harness/eventually.ts';
import { findProgram, run } from '../../harness/command.ts';
import { freePort } from '../../harness/own-platform.ts';
import { goProgram } from './go-program.ts';
import { distributionPath } from './platform.subject.ts';
import type { Started } from './subject.ts';

/** A registry to be measured beside Haven. */
interface PeerKind {
  name: string;
  /** Undefined where it is neither installed nor can be. */
  find: () => Promise<string | undefined>;
  missing: string;
  config: (root: string, port: number) => object;
  blobPath: (repository: string, digest: string) => string;
}

const missingGo = 'neither in HAVEN_TEST_GO_TOOLS nor can it be built here with Go';

/** As its documentation has it for a registry on one host: blob descriptors in memory, no line for each request. */
const distribution: Pick<PeerKind, 'config' | 'blobPath'> = {
  config: (rootdirectory, port) => ({
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory }, cache: { blobdescriptor: 'inmemory' }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  }),
  blobPath: (_repository, digest) => distributionPath(digest),
};

const kinds: readonly PeerKind[] = [
  {
    name: 'distribution 3',
    find: () =>
      goProgram({
        name: 'registry',
        package: 'github.com/distribution/distribution/v3/cmd/registry',
        version: 'v3.1.1',
      }),
    missing: missingGo,
    ...distribution,
  },
  {
    name: 'zot',
    find: () => goProgram({ name: 'zot', package: 'zotregistry.dev/zot/v2/cmd/zot', version: 'v2.1.20' }),
    missing: missingGo,
    config: (rootDirectory, port) => ({
      distSpecVersion: '1.1.1',
      storage: { rootDirectory },
      http: { address: '127.0.0.1', port: String(port) },
      log: { level: 'error' },
    }),
    blobPath: (repository, digest) => join(repository, 'blobs', digest.replace(':', '/')),
  },
  {
    name: 'distribution 2.8',
    find: () => Promise.resolve(findProgram('docker-registry')),
    missing: 'apt-get install docker-registry',
    ...distribution,
  },
];

/** Starts those peers that can be had, one after the other, and says which cannot. */
export async function* startPeers(): AsyncGenerator<PeerSubject> {
  for (const kind of kinds) {
    const program = await kind.find();
    if (program === undefined) sayLeftOut(kind.name, kind.missing);
    else yield await PeerSubject.start(program, kind);
  }
}

/** A peer with an empty folder of its own, open to everybody on a port of this machine. */
export class PeerSubject implements Started {
  readonly name: string;
  readonly root: string;

  private constructor(
    private readonly kind: PeerKind,
    private readonly folder: string,
    readonly url: string,
    readonly version: string,
    private readonly child: ChildProcess,
  ) {
    this.name = kind.name;
    this.root = rootIn(folder);
  }

  static async start(program: string, kind: PeerKind): Promise<PeerSubject> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-bench-peer-'));
    const port = await freePort();
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify(kind.config(rootIn(folder), port)));
    // Without this, distribution 3 looks for somebody who collects traces.
    const env = { ...process.env, OTEL_TRACES_EXPORTER: 'none' };
    const child = spawn(program, ['serve', file], { stdio: 'ignore', env });
    const peer = new PeerSubject(kind, folder, `http://127.0.0.1:${port}`, await versionOf(program), child);
    try {
      await peer.answers();
    } catch (error) {
      await peer.stop();
      throw error;
    }
    return peer;
  }

  private answers(): Promise<true> {
    return eventually(`${this.name} answers`, async () => {
      const answer = await fetch(`${this.url}/v2/`).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.status === 200 ? true : undefined;
    });
  }

  headersFor(): Promise<Readonly<Record<string, string>>> {
    return Promise.resolve({});
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  blobFile(repository: string, digest: string): string {
    return join(this.root, this.kind.blobPath(repository, digest));
  }

  pids(): Promise<readonly number[]> {
    return Promise.resolve([this.child.pid ?? 0]);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await once(this.child, 'exit');
    await rm(this.folder, { recursive: true, force: true });
  }
}

const rootIn = (folder: string): string => join(folder, 'data');

/** As the program says it at the end of a line, or as Go noted it. */
async function versionOf(program: string): Promise<string> {
  const said = /\sv?(\d+\.\d+\.\d+[^\s+]*)(\+\S*)?$/m.exec((await run(program, ['--version'])).output)?.[1];
  const go = findProgram('go');
  if (said !== undefined || go === undefined) return said ?? 'unknown version';
  const noted = await run(go, ['version', '-m', program]);
  return /^\tmod\t\S+\tv?(\S+)/m.exec(noted.output)?.[1] ?? 'unknown version';
}
