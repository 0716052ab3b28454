import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { goToolsFolder } from '@haven/testing';

const longestStartMs = 20_000;

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** A kind of registry, and where it differs. */
export interface PeerKind {
  name: string;
  /** Of its adapter. */
  type: string;
  start: () => Promise<Peer>;
  /** Whether blobs are mounted from one repository into another. */
  canMount: boolean;
  /** Whether an upload outlives a request whose answer is lost, and one that breaks off itself. */
  keepsUploads: { afterLostAnswer: boolean; afterBreak: boolean };
}

const distribution = { type: 'docker-registry', write: writeDistribution, canMount: true };

/** Real registries that stand on this machine. */
export const peers: readonly PeerKind[] = [
  {
    name: 'distribution 2',
    program: '/usr/bin/docker-registry',
    ...distribution,
    keepsUploads: { afterLostAnswer: false, afterBreak: false },
  },
  {
    name: 'distribution 3',
    program: join(goToolsFolder(), 'registry'),
    ...distribution,
    keepsUploads: { afterLostAnswer: true, afterBreak: true },
  },
  {
    name: 'zot',
    type: 'zot',
    program: join(goToolsFolder(), 'zot'),
    write: writeZot,
    // Without deduplication nothing is mounted; with it, every repository has what any has.
    canMount: false,
    keepsUploads: { afterLostAnswer: true, afterBreak: false },
  },
]
  .filter(({ program }) => isProgram(program))
  .map(({ program, write, ...kind }) => ({ ...kind, start: () => Peer.start(program, write) }));

type Setup = (folder: string, port: number) => { config: string; args: (file: string) => string[] };

function writeDistribution(folder: string, port: number): ReturnType<Setup> {
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  };
  return { config: JSON.stringify(config), args: (file) => ['serve', file] };
}

function writeZot(folder: string, port: number): ReturnType<Setup> {
  const config = {
    distSpecVersion: '1.1.1',
    storage: { rootDirectory: folder, gc: false, dedupe: false },
    http: { address: '127.0.0.1', port: String(port) },
    log: { level: 'error' },
  };
  return { config: JSON.stringify(config), args: (file) => ['serve', file] };
}

/** A real registry of its own, on a free port, with nothing in it. */
export class Peer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(program: string, setup: Setup): Promise<Peer> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-peer-'));
    const port = await freePort();
    const { config, args } = setup(join(folder, 'data'), port);
    const file = join(folder, 'config.json');
    await writeFile(file, config);
    const child = spawn(program, args(file), { stdio: 'ignore' });
    const peer = new Peer(`http://127.0.0.1:${port}`, child, folder);
    await peer.ready();
    return peer;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true });
  }

  private async ready(): Promise<void> {
    const until = Date.now() + longestStartMs;
    for (;;) {
      const answer = await fetch(`${this.url}/v2/`).catch(() => null);
      await answer?.body?.cancel();
      if (answer?.status === 200) return;
      if (this.child.exitCode !== null || Date.now() > until) throw new Error('the registry does not start');
      await sleep(20);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
