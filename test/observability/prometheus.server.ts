import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../harness/command.ts';
import { freePort } from '../harness/own-platform.ts';

/** Where a service of the configuration is in truth: `core:8081` at `127.0.0.1:40001`. */
export type Targets = Readonly<Record<string, string>>;

export interface Target {
  labels: { job: string };
  health: string;
  lastError: string;
}
export interface Rule {
  name: string;
  query: string;
  health: string;
  lastError?: string;
  state?: string;
}
interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

/** A real Prometheus with the configuration and the rules of a folder, on a port of its own; it looks every second. */
export class PrometheusServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
    private readonly said: () => string,
  ) {}

  static async start(configuration: string, targets: Targets): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-prometheus-'));
    await cp(join(configuration, 'rules'), join(folder, 'rules'), { recursive: true });
    let text = (await readFile(join(configuration, 'prometheus.yml'), 'utf8')).replaceAll(
      'interval: 15s',
      'interval: 1s',
    );
    for (const [name, address] of Object.entries(targets)) text = text.replaceAll(`'${name}'`, `'${address}'`);
    await writeFile(join(folder, 'prometheus.yml'), text);
    await mkdir(join(folder, 'data'));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      findProgram('prometheus') ?? 'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=warn',
      ],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    return new PrometheusServer(child, folder, `http://${address}`, () => output);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill();
      await new Promise((resolve) => this.child.once('close', resolve));
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async targets(): Promise<Target[]> {
    return ((await this.get('targets?state=active')) as { activeTargets: Target[] }).activeTargets;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = (await this.get('rules')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  /** Names of all that was ever scraped. */
  async names(): Promise<string[]> {
    return (await this.get('label/__name__/values')) as string[];
  }

  /** What a query gives, as numbers. @throws Error that names what is wrong with the query */
  async query(expression: string): Promise<number[]> {
    const { result } = (await this.get(`query?query=${encodeURIComponent(expression)}`)) as { result: Sample[] };
    return result.map(({ value: [, text] }) => Number(text));
  }

  private async get(path: string): Promise<unknown> {
    if (this.child.exitCode !== null) throw new Error(`prometheus has ended: ${this.said()}`);
    const answer = await fetch(`${this.url}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string };
    if (status !== 'success') throw new Error(`${path}: ${error ?? status}`);
    return data;
  }
}
