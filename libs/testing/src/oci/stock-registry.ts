import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from './registry.client.js';

const program = '/usr/bin/docker-registry';
const startMs = 20_000;

export const hasStockRegistry = existsSync(program);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Debian's docker-registry on a volume, without any log-in. */
export class StockRegistry {
  private constructor(
    readonly client: RegistryClient,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(root: string): Promise<StockRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'stock-registry-'));
    const port = await freePort();
    const settings = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: root }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}` },
    };
    const file = join(folder, 'config.yml');
    await writeFile(file, JSON.stringify(settings));
    const child = spawn(program, ['serve', file], { stdio: 'ignore' });
    const client = new RegistryClient(`http://127.0.0.1:${port}`);
    await untilAnswers(client);
    return new StockRegistry(client, child, folder);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true });
  }
}

async function untilAnswers(client: RegistryClient): Promise<void> {
  for (const end = Date.now() + startMs; ;) {
    const status = await client.request('GET', '/v2/').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > end) throw new Error(`${program} does not answer`);
    await delay(50);
  }
}
