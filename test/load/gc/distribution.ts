import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryClient } from '@haven/testing/oci';
import { mustRun } from '../../harness/command.ts';
import { eventually } from '../../harness/eventually.ts';
import { freePort } from '../../harness/own-platform.ts';
import { goProgram } from '../speed/go-program.ts';

// Without this, it looks for somebody who collects traces.
const env = { OTEL_TRACES_EXPORTER: 'none' };

/** A stock registry that goes on serving while its own command collects garbage. */
export class Distribution {
  readonly client: RegistryClient;

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
    url: string,
  ) {
    this.client = new RegistryClient(url);
  }

  /** Undefined where it can neither be found nor built. */
  static async start(): Promise<Distribution | undefined> {
    const module = 'github.com/distribution/distribution/v3/cmd/registry';
    const program = await goProgram({ name: 'registry', package: module, version: 'v3.1.1' });
    if (program === undefined) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'haven-bench-gc-'));
    const port = await freePort();
    const storage = { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } };
    const config = {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { ...storage, cache: { blobdescriptor: 'inmemory' } },
      http: { addr: `127.0.0.1:${port}` },
    };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const child = spawn(program, ['serve', join(folder, 'config.json')], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    const registry = new Distribution(program, folder, child, `http://127.0.0.1:${port}`);
    await eventually('distribution answers', () =>
      registry.client.request('GET', '/v2/').then(
        ({ status }) => (status === 200 ? true : undefined),
        () => undefined,
      ),
    );
    return registry;
  }

  async collect(): Promise<void> {
    await mustRun(this.program, ['garbage-collect', join(this.folder, 'config.json')], { env, timeoutMs: 600_000 });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await once(this.child, 'exit');
    await rm(this.folder, { recursive: true, force: true });
  }
}
