import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/own-platform.ts';
import { wholeBody, type LargeBlob } from './large-blob.ts';
import type { BenchClient } from './client.ts';
import type { Subject } from './subject.ts';

/** A process that only hashes and writes what it is sent: `floor.process.ts`. */
export class FloorSubject implements Subject {
  readonly name = 'floor (hash and write)';

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<FloorSubject> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-bench-floor-'));
    const port = await freePort();
    const script = join(import.meta.dirname, 'floor.process.ts');
    const child = spawn(process.execPath, [script, folder, String(port)], { stdio: ['ignore', 'inherit', 'inherit'] });
    const floor = new FloorSubject(`http://127.0.0.1:${port}`, folder, child);
    await eventually('the floor listens', async () => {
      const answer = await fetch(`${floor.url}/ready`, { method: 'PUT' }).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    });
    return floor;
  }

  headersFor(): Promise<Readonly<Record<string, string>>> {
    return Promise.resolve({});
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  blobFile(_repository: string, digest: string): string {
    return join(this.folder, digest);
  }

  pids(): Promise<readonly number[]> {
    return Promise.resolve([this.child.pid ?? 0]);
  }

  /** Itself as it is reached through an nginx. */
  behind(url: string, name: string): Subject {
    return {
      ...{ name, url },
      headersFor: () => this.headersFor(),
      prepare: () => this.prepare(),
      blobFile: (repository, digest) => this.blobFile(repository, digest),
      pids: () => this.pids(),
    };
  }

  async stop(): Promise<void> {
    if (this.child.kill('SIGTERM')) await once(this.child, 'exit');
    await rm(this.folder, { recursive: true });
  }
}

/** Sends a blob there. Throws unless all of it arrived. */
export async function pushToFloor(client: BenchClient, blob: LargeBlob): Promise<void> {
  const answer = await client.request('PUT', `/${blob.digest}`, wholeBody(blob, {}));
  const digest = answer.expect(201).header('docker-content-digest');
  if (digest !== blob.digest) throw new Error(`the floor hashed ${digest ?? 'nothing'}`);
}
