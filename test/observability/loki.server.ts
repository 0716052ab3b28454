import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGoTool } from '../clients/go-tool.ts';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/own-platform.ts';

export interface FoundLine {
  labels: Readonly<Record<string, string>>;
  text: string;
}

/** A real Loki with our configuration, on ports of its own. */
export class LokiServer {
  readonly url: string;
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param oldest age of the lines that it takes, in place of what the configuration says */
  static async start(configuration: string, oldest: string): Promise<LokiServer> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-loki-'));
    const [port, grpcPort] = [await freePort(), await freePort()];
    const local = `\n  http_listen_address: 127.0.0.1\n  grpc_listen_address: 127.0.0.1\n  grpc_listen_port: ${grpcPort}`;
    const text = (await readFile(configuration, 'utf8'))
      .replace('http_listen_port: 3100', `http_listen_port: ${port}${local}`)
      .replace('path_prefix: /loki', 'path_prefix: /loki\n  instance_addr: 127.0.0.1')
      .replace(/(reject_old_samples_max_age: ).*/, `$1${oldest}`)
      .replace('compactor:', 'ingester:\n  lifecycler:\n    min_ready_duration: 0s\ncompactor:')
      .replaceAll(/(: )\/loki/g, `$1${folder}`);
    await writeFile(join(folder, 'loki.yml'), text);
    const loki = new LokiServer(folder, port);
    await loki.up();
    return loki;
  }

  async up(): Promise<void> {
    const child = spawn(findGoTool('loki') ?? 'loki', [`--config.file=${join(this.folder, 'loki.yml')}`], {
      stdio: 'ignore',
    });
    this.child = child;
    await eventually(
      'Loki is ready',
      async () => {
        if (child.exitCode !== null) throw new Error(`loki ended with ${child.exitCode}`);
        return (await fetch(`${this.url}/ready`).catch(() => null))?.status === 200 ? true : undefined;
      },
      { timeoutMs: 60_000 },
    );
  }

  /** Ends it; what it has taken is kept. */
  async down(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null) return;
    child.kill();
    await new Promise((resolve) => child.once('close', resolve));
  }

  async remove(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Lines of the last hours that a LogQL query finds, at most 5,000. */
  async query(logQl: string): Promise<FoundLine[]> {
    const query = new URLSearchParams({ query: logQl, limit: '5000', since: '12h' });
    const answer = await fetch(`${this.url}/loki/api/v1/query_range?${query.toString()}`);
    const { data } = (await answer.json()) as {
      data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
    };
    return data.result.flatMap(({ stream, values }) => values.map(([, text]) => ({ labels: stream, text })));
  }
}
