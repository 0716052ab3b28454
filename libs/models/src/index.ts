export { bumpAccessVersion, readAccessVersion } from './access/access-version.js';
export { copyArtifact, type ArtifactSource, type CopyContext } from './artifact/copy-artifact.js';
export { deleteArtifact, deleteRepository, type DeletionContext } from './artifact/delete-artifact.js';
export {
  putArtifact,
  type ArtifactChild,
  type NewArtifact,
  type PutArtifactContext,
  type PutArtifactResult,
} from './artifact/put-artifact.js';
export { ensureRepository, type RepositoryRef } from './artifact/repository-ref.js';
export { createTag, deleteTag, putTag, type TagChange } from './artifact/tag.js';
export {
  auditEventTypes,
  recordAudit,
  type AuditEntry,
  type AuditOperation,
  type AuditResourceType,
} from './audit/audit.js';
export {
  claimReviews,
  recoverBlob,
  reviewBlob,
  scheduleReviews,
  settleReview,
  type BlobRemoval,
  type ClaimedReview,
  type Review,
  type ReviewOutcome,
  type ReviewRules,
} from './collect/blob-review.js';
export { brokenConstraint, sqlState } from './database/database-errors.js';
export { Database, type DatabaseSettings, type PoolSettings } from './database/database.js';
export { isSchemaCurrent, migrate } from './database/migrator.js';
export { SharedQuery } from './database/shared-query.js';
export { sql, statement, type Query, type Sql } from './database/sql.js';
export { compileDoublestar } from './immutable/doublestar.js';
export { readImmutability } from './immutable/immutable-tags.js';
export { recordLedger, type LedgerEntry, type LedgerStep } from './ledger/ledger.js';
export {
  appendOutbox,
  isFirstArrival,
  outboxConsumers,
  type OutboxConsumer,
  type OutboxEvent,
  type OutboxRow,
} from './outbox/outbox.js';
export { backOffSeconds, OutboxRelay, type RelayOptions } from './outbox/outbox-relay.js';
export { findFirstAdmin, insertProject, type NewProject } from './project/insert-project.js';
export { formatBytes } from './quota/format-bytes.js';
export {
  assertQuotaLeft,
  chargeProject,
  foldQuota,
  isQuotaExceeded,
  readUsedBytes,
  recomputeUsedBytes,
  repairUsedBytes,
  releaseProject,
  settleQuota,
  type ChargedItem,
} from './quota/quota.js';
export { selectsRepository, selectTags, type ReplicationCandidate } from './replication/replication-filter.js';
export {
  findEventPolicies,
  findReplicationPolicy,
  replicationPolicyColumns,
  type ReplicationFilter,
  type ReplicationPolicy,
} from './replication/replication-policy.js';
export { targetRepository, type PathLimits } from './replication/target-repository.js';
export {
  formatOrigin,
  ORIGIN_HEADER,
  parseOrigin,
  PLATFORM_HEADER,
  readPlatformId,
  type PushOrigin,
} from './replication/push-origin.js';
export { endpointColumns, findEndpoint, type StoredEndpoint } from './registry/registry-endpoint.js';
export {
  emptyTrash,
  purgeAnyTrash,
  purgeDueTrash,
  trashDaysKey,
  type PurgedTrash,
  type TrashRules,
} from './trash/purge-trash.js';
export { restoreArtifact, type Restored } from './trash/restore-artifact.js';
export { restoreRepositoryBatch, type RestoredBatch, type RestorePlace } from './trash/restore-repository.js';
export { planRetention, type PlannedArtifact, type RetentionFate } from './retention/retention-plan.js';
export {
  retentionTemplates,
  type RetentionCandidate,
  type RetentionRule,
  type RetentionSelector,
} from './retention/retention-rule.js';
