import { sql, statement, type Sql } from '../database/sql.js';

/** Harbor's filters: patterns of repositories and tags, names of labels, and kinds of artifacts. */
export type ReplicationFilter =
  | { type: 'name' | 'tag' | 'resource'; value: string; decoration?: 'matches' | 'excludes' }
  | { type: 'label'; value: string[]; decoration?: 'matches' | 'excludes' };

/** A row of replication_policy. A registry that is null is this platform. */
export interface ReplicationPolicy {
  id: number;
  name: string;
  description: string;
  creator: string;
  sourceRegistryId: number | null;
  targetRegistryId: number | null;
  namespace: string;
  /** How many leading parts of a name the namespace takes the place of; -1 all of them. */
  replaceCount: number;
  filters: ReplicationFilter[];
  triggerType: 'manual' | 'scheduled' | 'event_based';
  cron: string;
  replicatesDeletion: boolean;
  overrides: boolean;
  isEnabled: boolean;
  /** Of each task; 0 is no limit. */
  speedKilobytes: number;
  copiesByChunk: boolean;
  isSingleActive: boolean;
  creationTime: Date;
  updateTime: Date;
}

/** Columns of `replication_policy policy` as a {@link ReplicationPolicy}. */
export const replicationPolicyColumns = `
  policy.id, policy.name, policy.description, policy.creator,
  policy.src_registry_id AS "sourceRegistryId", policy.dest_registry_id AS "targetRegistryId",
  policy.dest_namespace AS namespace, policy.dest_namespace_replace_count AS "replaceCount", policy.filters,
  policy.trigger_type AS "triggerType", policy.cron, policy.replicate_deletion AS "replicatesDeletion",
  policy.override AS overrides, policy.enabled AS "isEnabled", policy.speed_kb AS "speedKilobytes",
  policy.copy_by_chunk AS "copiesByChunk", policy.single_active_replication AS "isSingleActive",
  policy.creation_time AS "creationTime", policy.update_time AS "updateTime"`;

/** A policy; null when there is none with this id. */
export const findReplicationPolicy = (db: Sql, id: number): Promise<ReplicationPolicy | null> =>
  db.maybe<ReplicationPolicy>(
    sql(`SELECT ${replicationPolicyColumns} FROM replication_policy policy WHERE policy.id = $1`, id),
  );

const eventPolicies = statement(
  'replication_event_policies',
  `SELECT ${replicationPolicyColumns} FROM replication_policy policy
    WHERE policy.trigger_type = 'event_based' AND policy.enabled AND policy.src_registry_id IS NULL`,
);

/** Policies that act on what happens here. */
export const findEventPolicies = (db: Sql): Promise<ReplicationPolicy[]> => db.rows<ReplicationPolicy>(eventPolicies());
