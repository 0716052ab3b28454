import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, replicationPolicyColumns, sql, type ReplicationPolicy, type Sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { PolicyWishes } from './replication.schema.js';

/** What a policy shows of the registry at its other end. */
export interface PolicyRegistry {
  id: number;
  name: string;
  description: string;
  type: string;
  url: string;
  credentialType: string;
  accessKey: string;
  hasSecret: boolean;
  insecure: boolean;
  caCertificate: string;
  health: string;
  /** Times as PostgreSQL writes them into JSON. */
  creationTime: string;
  updateTime: string;
}

export type PolicyRow = ReplicationPolicy & { registry: PolicyRegistry };

const table = `replication_policy policy
  JOIN registry ON registry.id = coalesce(policy.src_registry_id, policy.dest_registry_id)`;
const columns = `${replicationPolicyColumns}, jsonb_build_object(
    'id', registry.id, 'name', registry.name, 'description', registry.description, 'type', registry.type,
    'url', registry.url, 'credentialType', registry.credential_type, 'accessKey', registry.access_key,
    'hasSecret', registry.access_secret <> '', 'insecure', registry.insecure,
    'caCertificate', registry.ca_certificate, 'health', registry.health,
    'creationTime', registry.creation_time, 'updateTime', registry.update_time) AS registry`;

const shape: ListShape = {
  fields: {
    id: { column: 'policy.id', type: 'int' },
    name: { column: 'policy.name', type: 'string' },
    enabled: { column: 'policy.enabled', type: 'bool' },
    src_registry_id: { column: 'policy.src_registry_id', type: 'int' },
    dest_registry_id: { column: 'policy.dest_registry_id', type: 'int' },
    creation_time: { column: 'policy.creation_time', type: 'time' },
    update_time: { column: 'policy.update_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'policy.id',
};

const written = (wishes: PolicyWishes): unknown[] => [
  wishes.name,
  wishes.description,
  wishes.sourceRegistryId,
  wishes.targetRegistryId,
  wishes.namespace,
  wishes.replaceCount,
  JSON.stringify(wishes.filters),
  wishes.triggerType,
  wishes.cron,
  wishes.replicatesDeletion,
  wishes.overrides,
  wishes.isEnabled,
  wishes.speedKilobytes,
  wishes.copiesByChunk,
  wishes.isSingleActive,
];
const writtenColumns = `name, description, src_registry_id, dest_registry_id, dest_namespace,
  dest_namespace_replace_count, filters, trigger_type, cron, replicate_deletion, override, enabled, speed_kb,
  copy_by_chunk, single_active_replication`;
const writtenValues = written({} as PolicyWishes)
  .map((_value, index) => `$${index + 2}`)
  .join(', ');

/** What kept a policy from being written. */
export type PolicyConflict = 'name' | 'registry';

@Injectable()
export class ReplicationPolicyRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(query: ListQuery): Promise<PageOf<PolicyRow>> {
    const list = buildListSql(query, shape);
    return selectPage(this.store.sql, { table, idColumn: shape.idColumn, columns, where: 'TRUE', values: [] }, list);
  }

  find(id: number, db: Sql = this.store.sql): Promise<PolicyRow | null> {
    return db.maybe<PolicyRow>(sql(`SELECT ${columns} FROM ${table} WHERE policy.id = $1::bigint`, id));
  }

  /** Holds a policy for a change; false when there is none. */
  async hold(tx: Sql, id: number): Promise<boolean> {
    return (await tx.maybe(sql('SELECT 1 FROM replication_policy WHERE id = $1::bigint FOR UPDATE', id))) !== null;
  }

  /** @returns the id; a conflict loses the transaction */
  insert(tx: Sql, creator: string, wishes: PolicyWishes): Promise<number | PolicyConflict> {
    return conflicts(async () => {
      const text = `INSERT INTO replication_policy (creator, ${writtenColumns}) VALUES ($1, ${writtenValues}) RETURNING id`;
      return (await tx.one<{ id: number }>(sql(text, creator, ...written(wishes)))).id;
    });
  }

  /** A conflict loses the transaction. */
  update(tx: Sql, id: number, wishes: PolicyWishes): Promise<number | PolicyConflict> {
    return conflicts(async () => {
      const text = `UPDATE replication_policy SET (${writtenColumns}, update_time) = (${writtenValues}, now()) WHERE id = $1`;
      return tx.run(sql(text, id, ...written(wishes)));
    });
  }

  /** Takes the policy away, with all that it has done. */
  async remove(tx: Sql, id: number): Promise<void> {
    await tx.run(sql(`DELETE FROM execution WHERE vendor_type = 'REPLICATION' AND vendor_id = $1`, id));
    await tx.run(sql('DELETE FROM replication_policy WHERE id = $1', id));
  }
}

async function conflicts(write: () => Promise<number>): Promise<number | PolicyConflict> {
  try {
    return await write();
  } catch (error) {
    const constraint = brokenConstraint(error) ?? '';
    if (constraint === 'replication_policy__name') return 'name';
    if (constraint.endsWith('registry_id_fkey')) return 'registry';
    throw error;
  }
}
