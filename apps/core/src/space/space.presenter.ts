import { compact, dateTime, keep } from '@haven/http';
import type { DigestState, LedgerRow, Membership, Reference, Some, TrashReference } from './digest.repository.js';
import type { ProjectSpace, Sizes } from './size.repository.js';
import type { DigestExplanation } from './space.service.js';

/** How many there are, and the first of them. */
const some = <Row>({ total, rows }: Some<Row>, present: (row: Row) => object): unknown =>
  keep({ total, first: rows.map(present) });

const presentReference = ({ repositoryName, digest, role, tags }: Reference): object => ({
  repository_name: repositoryName,
  digest,
  as: role,
  tags,
});

const presentTrash = (row: TrashReference): object => ({
  id: row.id,
  repository_name: row.repositoryName,
  digest: row.digest,
  deleted_by: row.deletedBy,
  creation_time: dateTime(row.deletedTime),
  leaves_time: dateTime(row.dueTime),
});

const presentMembership = ({ repositoryName, leaseUntil, isPending }: Membership): object => ({
  repository_name: repositoryName,
  lease_until: dateTime(leaseUntil),
  named: !isPending,
});

const presentStep = ({ step, reason, repositoryName, actor, sizeBytes, time }: LedgerRow): object => ({
  time: dateTime(time),
  step,
  reason,
  repository_name: repositoryName,
  actor,
  size: sizeBytes,
});

function presentState({ sizeBytes, status, isManifest, damage, review }: DigestState): object {
  return compact({
    size: keep(sizeBytes),
    status: status ?? 'none',
    is_manifest: keep(isManifest),
    damage,
    review: review && {
      not_before: dateTime(review.notBefore),
      reason: review.reason,
      ...(review.claimedUntil && { claimed_until: dateTime(review.claimedUntil) }),
      ...(review.quarantinedAt && { quarantined_at: dateTime(review.quarantinedAt) }),
    },
  });
}

export const presentExplanation = (explanation: DigestExplanation): object =>
  compact({
    digest: explanation.digest,
    status: explanation.status,
    next: keep(explanation.next),
    ...(explanation.state && { blob: presentState(explanation.state) }),
    artifacts: some(explanation.references, presentReference),
    trash: some(explanation.trash, presentTrash),
    repositories: some(explanation.memberships, presentMembership),
    ledger: some(explanation.ledger, presentStep),
  });

export const presentSizes = ({ artifacts, logicalBytes, storedBytes, uniqueBytes }: Sizes): object =>
  compact({
    artifacts: keep(artifacts),
    logical: keep(logicalBytes),
    stored: keep(storedBytes),
    unique: keep(uniqueBytes),
    shared: keep(storedBytes - uniqueBytes),
  });

export const presentProjectSpace = (row: ProjectSpace): object =>
  compact({
    project_id: row.projectId,
    name: row.name,
    used: keep({ storage: row.usedBytes }),
    trash: keep({
      artifacts: row.trashedArtifacts,
      storage: row.trashedBytes,
      ...(row.oldestTime && { oldest: dateTime(row.oldestTime) }),
    }),
  });
