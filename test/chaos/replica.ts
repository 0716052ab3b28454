import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type OwnPlatform } from '../harness/own-platform.ts';
import { pidOf } from '../harness/processes.ts';
import type { Random } from './random.ts';

const preload = join(import.meta.dirname, 'mortal.process.ts');
const models = join(import.meta.dirname, '../../libs/models');

export type ReplicatedPart = 'registry' | 'gc-controller' | 'core';

const listenKeys = { registry: 'HAVEN_REGISTRY_LISTEN', 'gc-controller': 'HAVEN_GC_LISTEN', core: 'HAVEN_CORE_LISTEN' };

/** One more process of a part of a platform: it dies at one of its steps, again and again, and is started anew. */
export class Replica {
  deaths = 0;
  /** What it said when it ended otherwise than it was meant to. */
  failure: string | null = null;
  private child: ChildProcess | null = null;
  private isWanted = true;

  private constructor(
    private readonly start: {
      file: string;
      args: readonly string[];
      env: Record<string, string>;
      uid: number;
      gid: number;
    },
    private readonly port: number,
    private readonly stepsLeft: () => number,
  ) {
    this.spawn();
  }

  /**
   * Starts it as the platform's own process of that part was started, with a port of its own.
   * @param most steps that it may take
   */
  static async of(platform: OwnPlatform, part: ReplicatedPart, random: Random, most: number): Promise<Replica> {
    const folder = `/proc/${await pidOf(platform.data, part)}`;
    const [file = '', ...args] = (await readFile(join(folder, 'cmdline'), 'utf8')).split('\0').filter(Boolean);
    const lines = (await readFile(join(folder, 'environ'), 'utf8')).split('\0').filter((line) => line.includes('='));
    const own = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
    const port = await freePort();
    const env = {
      ...(Object.fromEntries(own) as Record<string, string>),
      [listenKeys[part]]: `127.0.0.1:${port}`,
      HAVEN_BLOB_DELIVERY: 'stream',
      // Sessions of the dead are free again soon.
      HAVEN_UPLOAD_WRITER_LEASE_SECONDS: '1',
      MORTAL_PACKAGE: models,
    };
    const { uid, gid } = await stat(folder);
    return new Replica({ file, args: ['--import', preload, ...args], env, uid, gid }, port, () =>
      random.between(25, most),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    this.isWanted = false;
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
  }

  private spawn(): void {
    const { file, args, env, uid, gid } = this.start;
    const identity = process.getuid?.() === 0 ? { uid, gid } : {};
    const mortal = { ...env, MORTAL_STEPS: String(this.stepsLeft()) };
    const child = spawn(file, args, { env: mortal, stdio: ['ignore', 'ignore', 'pipe'], ...identity });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    this.child = child;
    child.once('exit', (code, signal) => {
      if (!this.isWanted) return;
      if (signal !== 'SIGKILL') {
        this.failure = `ended by itself, with ${code ?? signal}: ${said}`;
        return;
      }
      this.deaths += 1;
      this.spawn();
    });
  }
}
