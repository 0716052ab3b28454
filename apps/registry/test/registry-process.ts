import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import { RegistryClient } from './registry-harness.js';

const loader = new URL('./run-from-source.ts', import.meta.url).href;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const startLimitMs = 30_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A registry in a process of its own, which may be killed, stopped and woken up. */
export class RegistryProcess extends RegistryClient {
  private constructor(
    url: string,
    private readonly connections: Agent,
    private readonly child: ChildProcess,
  ) {
    super(url, connections);
  }

  static async start(environment: Record<string, string>): Promise<RegistryProcess> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(process.execPath, ['--conditions=@haven/source', '--import', loader, main], {
      env: { ...environment, HAVEN_REGISTRY_LISTEN: address, HAVEN_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const started = new RegistryProcess(`http://${address}`, new Agent({ connections: 16 }), child);
    await started.untilReady();
    return started;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    await this.connections.destroy();
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + startLimitMs;
    for (;;) {
      const answer = await this.call('GET', '/readyz').catch(() => null);
      if (answer?.status === 200) return;
      if (this.child.exitCode !== null) throw new Error(`the registry ended with ${this.child.exitCode}`);
      if (Date.now() > deadline) throw new Error('the registry did not start in time');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
