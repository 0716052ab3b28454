import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { mustRun, type CommandOptions } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import type { DockerHost } from './docker-host.ts';

const deploy = join(import.meta.dirname, '../../deploy');
const timeoutMs = 900_000;

/** The platform of `deploy/docker-compose.yml`, as its users start it. */
export class ComposeProject {
  readonly name = `haven-test-${randomBytes(4).toString('hex')}`;
  private readonly env: Readonly<Record<string, string>>;

  constructor(host: DockerHost, settings: Readonly<Record<string, string>>) {
    this.env = { ...host.env, ...settings, COMPOSE_PROJECT_NAME: this.name, COMPOSE_DOCKER_CLI_BUILD: '0' };
  }

  /** Runs Docker Compose. @returns what it printed */
  run(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return mustRun('docker-compose', args, { cwd: deploy, timeoutMs, ...options, env: this.env });
  }

  /** Runs one of the scripts that operators run. */
  script(name: string, ...args: readonly string[]): Promise<string> {
    return mustRun('bash', [join(deploy, name), ...args], { env: this.env, timeoutMs });
  }

  docker(...args: readonly string[]): Promise<string> {
    return mustRun('docker', args, { env: this.env, timeoutMs });
  }

  async containersOf(service: string): Promise<string[]> {
    return (await this.run(['ps', '-q', service])).trim().split('\n');
  }

  /** Ends a container's process as a crash would: Docker itself is not told. */
  async crash(container: string): Promise<void> {
    process.kill(Number(await this.docker('inspect', '--format', '{{.State.Pid}}', container)), 'SIGKILL');
  }

  async restartsOf(container: string): Promise<number> {
    return Number(await this.docker('inspect', '--format', '{{.RestartCount}}', container));
  }

  /** Waits until Docker finds every container of these services healthy. */
  async healthy(services: readonly string[]): Promise<void> {
    for (const service of services) {
      for (const container of await this.containersOf(service)) {
        await eventually(`${service} is healthy`, () => this.isHealthy(container), { timeoutMs: 120_000 });
      }
    }
  }

  private async isHealthy(container: string): Promise<true | undefined> {
    const health = await this.docker('inspect', '--format', '{{.State.Health.Status}}', container);
    return health.trim() === 'healthy' ? true : undefined;
  }
}
