import { randomBytes } from 'node:crypto';
import { locationOf, pullWhole, pushArtifact, type Artifact } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { OwnPlatform } from '../harness/own-platform.ts';

/** What a policy is made of, beside its name and its other end. */
export type PolicyWishes = Readonly<Record<string, unknown>>;

export interface Execution {
  id: number;
  status: string;
  status_text: string;
  total: number;
}

const idOf = (location: string): number => Number(/(\d+)$/.exec(location)?.[1]);
const longMs = 60_000;

/** A platform with what replication needs of it. */
export class Site {
  private constructor(readonly platform: OwnPlatform) {}

  static async start(): Promise<Site> {
    return new Site(await OwnPlatform.start({ HAVEN_OUTBOUND_REACH: 'loopback' }));
  }

  /** Sets another registry up. @returns its id */
  async endpoint(url: string, type = 'harbor'): Promise<number> {
    const credential = type === 'harbor' ? this.platform.adminCredential : undefined;
    const name = `to-${randomBytes(4).toString('hex')}`;
    const answer = await this.platform.api('POST', '/registries', { name, type, url, credential });
    return idOf(locationOf(answer.expect(201)));
  }

  /** @returns the id of the policy */
  async policy(wishes: PolicyWishes): Promise<number> {
    const name = `policy-${randomBytes(4).toString('hex')}`;
    const body = { name, enabled: true, override: true, trigger: { type: 'manual' }, ...wishes };
    return idOf(locationOf((await this.platform.api('POST', '/replication/policies', body)).expect(201)));
  }

  async start(policyId: number): Promise<number> {
    const answer = await this.platform.api('POST', '/replication/executions', { policy_id: policyId });
    return idOf(locationOf(answer.expect(201)));
  }

  /** Starts a policy and waits until it is through. */
  async run(policyId: number): Promise<Execution> {
    return this.ended(await this.start(policyId));
  }

  ended(executionId: number): Promise<Execution> {
    const path = `/replication/executions/${executionId}`;
    return eventually(
      'the replication ends',
      async () => {
        const execution = (await this.platform.api('GET', path)).expect(200).json() as Execution;
        return execution.status === 'InProgress' ? undefined : execution;
      },
      { timeoutMs: longMs },
    );
  }

  /** What the tasks of an execution say. */
  async log(executionId: number): Promise<string> {
    const path = `/replication/executions/${executionId}/tasks`;
    const tasks = (await this.platform.api('GET', path)).expect(200).json() as { id: number }[];
    const logs = tasks.map(async ({ id }) => (await this.platform.api('GET', `${path}/${id}/log`)).expect(200).text);
    return (await Promise.all(logs)).join('');
  }

  /** How many executions there have been, and whether none is under way. */
  async activity(): Promise<{ executions: number; isSilent: boolean }> {
    const running = await this.platform.api('GET', '/replication/executions?status=InProgress&page_size=1');
    const all = await this.platform.api('GET', '/replication/executions?page_size=1');
    return { executions: Number(all.header('x-total-count')), isSilent: running.header('x-total-count') === '0' };
  }

  push(repository: string, artifact: Artifact, tag: string): Promise<unknown> {
    return pushArtifact(this.platform.client(), repository, artifact, tag);
  }

  /** Waits until the tag is there, pulls all of it, and answers its digest. */
  arrived(repository: string, tag: string): Promise<string> {
    return eventually(
      `${repository}:${tag} arrives`,
      async () =>
        (await this.digest(repository, tag)) === undefined
          ? undefined
          : pullWhole(this.platform.client(), repository, tag),
      { timeoutMs: longMs },
    );
  }

  async digest(repository: string, reference: string): Promise<string | undefined> {
    const answer = await this.platform.client().request('HEAD', `/v2/${repository}/manifests/${reference}`);
    return answer.status === 200 ? answer.header('docker-content-digest') : undefined;
  }

  gone(repository: string, tag: string): Promise<true> {
    return eventually(
      `${repository}:${tag} goes`,
      async () => ((await this.digest(repository, tag)) === undefined ? true : undefined),
      { timeoutMs: longMs },
    );
  }
}
