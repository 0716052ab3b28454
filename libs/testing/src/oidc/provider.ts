import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What a provider says of somebody. */
export type PersonClaims = Readonly<Record<string, unknown>>;

export interface ProviderSettings {
  clientId: string;
  clientSecret: string;
  /** Where the client is, as browsers know it. */
  clientUrl: string;
  /** By their subject, which is also what they log in with. */
  people: Readonly<Record<string, PersonClaims>>;
  /** How long an ID token holds. */
  idTokenSeconds?: number;
  /** True: ID tokens say no more than who it is. */
  claimsInUserinfoOnly?: boolean;
  /** Absent: any that is free. */
  port?: number;
}

export type ProviderCommand = { id: number } & (
  { kind: 'withdraw'; sub: string } | { kind: 'change'; sub: string; claims: PersonClaims }
);

/** A real OpenID Connect provider, in a process of its own: code flow with PKCE demanded, refresh tokens good for one use. */
export class OidcTestProvider {
  private commands = 0;

  private constructor(
    private readonly settings: ProviderSettings,
    private child: ChildProcess,
    readonly issuer: string,
  ) {}

  static async start(settings: ProviderSettings): Promise<OidcTestProvider> {
    const { child, issuer } = await launch(settings);
    return new OidcTestProvider(settings, child, issuer);
  }

  /** Ends somebody's account: their refresh tokens are worth nothing from now on. */
  withdraw(sub: string): Promise<void> {
    return this.tell({ kind: 'withdraw', sub });
  }

  /** Says something else of somebody, or of somebody new. */
  change(sub: string, claims: PersonClaims): Promise<void> {
    return this.tell({ kind: 'change', sub, claims });
  }

  /** Kills the process. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Comes back at the same address, with a memory of nothing. */
  async restart(): Promise<void> {
    const started = await launch({ ...this.settings, port: Number(new URL(this.issuer).port) });
    this.child = started.child;
  }

  private async tell(
    command: { kind: 'withdraw'; sub: string } | { kind: 'change'; sub: string; claims: PersonClaims },
  ) {
    this.commands += 1;
    const done = once(this.child, 'message');
    this.child.send({ ...command, id: this.commands });
    await done;
  }
}

async function launch(settings: ProviderSettings): Promise<{ child: ChildProcess; issuer: string }> {
  // From its sources as well as when built.
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const script = join(import.meta.dirname, `provider.process.${extension}`);
  const child = fork(script, [JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '--no-warnings' },
  });
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [{ issuer?: string }];
  if (typeof message.issuer !== 'string') throw new Error('the provider did not start');
  return { child, issuer: message.issuer };
}
