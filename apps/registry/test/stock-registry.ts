import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryClient } from '@haven/testing/oci';
import { eventually } from './registry-harness.js';

const program = '/usr/bin/docker-registry';
export const hasStockRegistry = existsSync(program);
if (!hasStockRegistry) process.stderr.write(`left out: stock registry (${program} is not installed)\n`);

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
    const answers = async (): Promise<boolean> =>
      client.request('GET', '/v2/').then(
        ({ status }) => status === 200,
        () => false,
      );
    await eventually(answers, (isUp) => isUp);
    return new StockRegistry(client, child, folder);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true });
  }
}
