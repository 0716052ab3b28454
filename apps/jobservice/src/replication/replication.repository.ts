import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '@haven/auth';
import { Database, findEndpoint, findReplicationPolicy, sql, type ReplicationPolicy } from '@haven/models';
import { OutboundClient } from '@haven/outbound';
import { createRemoteRegistry, openEndpoint } from '@haven/registry-client';
import { PermanentJobError } from '@haven/queue';
import { JOBSERVICE_CONFIG, type JobserviceConfig } from '../jobservice.config.js';
import { LocalEnd } from './local.end.js';
import { RemoteEnd } from './remote.end.js';
import type { ReplicationEnd } from './replication-end.js';

/** A policy with both its ends. */
export interface Replication {
  policy: ReplicationPolicy;
  source: ReplicationEnd;
  target: ReplicationEnd;
}

/** What replication reads of policies and registries, and what it remembers. */
@Injectable()
export class ReplicationRepository {
  private readonly box: SecretBox;

  constructor(
    @Inject(JOBSERVICE_CONFIG) config: JobserviceConfig,
    @Inject(Database) private readonly db: Database,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
    @Inject(LocalEnd) private readonly local: LocalEnd,
  ) {
    this.box = new SecretBox(config.secretKey);
  }

  /** @throws PermanentJobError when the policy is gone or disabled */
  async open(policyId: number): Promise<Replication> {
    const policy = await findReplicationPolicy(this.db, policyId);
    if (policy === null) throw new PermanentJobError(`the replication policy ${policyId} is gone`);
    if (!policy.isEnabled) throw new PermanentJobError(`the replication policy ${policy.name} is disabled`);
    return {
      policy,
      source: await this.end(policy.sourceRegistryId),
      target: await this.end(policy.targetRegistryId),
    };
  }

  /** What was copied into a repository: digests by tag, or by digest where there was none. */
  async remembered(policyId: number, repository: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.db.rows<{ reference: string; digest: string }>(
      sql(
        'SELECT reference, digest FROM replicated_reference WHERE policy_id = $1 AND repository = $2',
        policyId,
        repository,
      ),
    );
    return new Map(rows.map(({ reference, digest }) => [reference, digest]));
  }

  async remember(policyId: number, repository: string, copied: ReadonlyMap<string, string>): Promise<void> {
    if (copied.size === 0) return;
    await this.db.run(
      sql(
        `INSERT INTO replicated_reference (policy_id, repository, reference, digest)
         SELECT id, $2, reference, digest FROM replication_policy, unnest($3::text[], $4::text[]) AS copied (reference, digest)
          WHERE id = $1
         ON CONFLICT (policy_id, repository, reference) DO UPDATE SET digest = excluded.digest`,
        policyId,
        repository,
        [...copied.keys()],
        [...copied.values()],
      ),
    );
  }

  async forget(policyId: number, repository: string, references: readonly string[]): Promise<void> {
    await this.db.run(
      sql(
        'DELETE FROM replicated_reference WHERE policy_id = $1 AND repository = $2 AND (reference = ANY($3) OR digest = ANY($3))',
        policyId,
        repository,
        references,
      ),
    );
  }

  private async end(registryId: number | null): Promise<ReplicationEnd> {
    if (registryId === null) return this.local;
    const stored = await findEndpoint(this.db, registryId);
    if (stored === null) throw new PermanentJobError(`the registry ${registryId} is gone`);
    const endpoint = openEndpoint(stored, (secret) => this.box.decrypt(secret));
    return new RemoteEnd(createRemoteRegistry(endpoint, this.outbound));
  }
}
