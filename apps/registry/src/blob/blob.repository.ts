import { Inject, Injectable } from '@nestjs/common';
import { chargeProject, recordLedger, releaseProject, statement, type RepositoryRef, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';
import { Databases } from '../database/databases.js';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import { placeQuery, type Place, type PlaceKey } from '../v2/place.js';

/** A blob as a repository may use it at this moment. */
export interface BlobPlace extends Place {
  /** Null when the repository has no such blob, or it is damaged. */
  sizeBytes: number | null;
  /** Its bytes are lost until somebody uploads it again. */
  isDamaged: boolean | null;
  /** Whether more than half of the time is over for which it is kept without a manifest. */
  isLeaseDue: boolean | null;
}

/** Asked with the digest, and half of a lease in seconds. */
const findBlob = placeQuery<BlobPlace>('blob', {
  values: ['text', 'float8'],
  columns: `CASE blob.status WHEN 'live' THEN blob.size END AS "sizeBytes", blob.status = 'quarantined' AS "isDamaged",
            member.lease_until < now() + make_interval(secs => asked.value2) AS "isLeaseDue"`,
  joins: `LEFT JOIN repository_blob member ON member.repository_id = repository.repository_id AND member.digest = asked.value1
          LEFT JOIN blob ON blob.digest = member.digest`,
});

const extend = statement(
  'membership_extend',
  `WITH extended AS (
     UPDATE repository_blob SET lease_until = now() + make_interval(secs => $3)
      WHERE repository_id = $1 AND digest = $2 RETURNING digest, lease_until),
   postponed AS (
     UPDATE blob_review SET not_before = greatest(not_before, extended.lease_until)
       FROM extended WHERE blob_review.digest = extended.digest)
   SELECT digest FROM extended`,
);
const lockBlob = statement(
  'blob_lock',
  `INSERT INTO blob (digest, size) VALUES ($1, $2)
   ON CONFLICT (digest) DO UPDATE SET status = 'live', update_time = now()`,
);
const holdUsable = statement(
  'blob_hold_usable',
  `SELECT repository.name AS repository, blob.size AS "sizeBytes" FROM repository_blob member
     JOIN repository USING (repository_id) JOIN blob ON blob.digest = member.digest
    WHERE member.digest = $1 AND blob.status = 'live'
      AND (repository.project_id = $2
           OR (repository.name, repository.project_id) IN (SELECT * FROM unnest($3::text[], $4::int[])))
    LIMIT 1 FOR KEY SHARE OF member, blob`,
);
/**
 * The blob is looked at again when the lease is over: perhaps no manifest has named it by then. Until one does, it is the
 * upload that is charged; then it is the manifest.
 */
const join = statement(
  'membership_join',
  `WITH joined AS (
     INSERT INTO repository_blob AS member (repository_id, digest, lease_until)
     VALUES ($1, $2, now() + make_interval(secs => $3))
     ON CONFLICT (repository_id, digest) DO UPDATE SET lease_until = greatest(member.lease_until, excluded.lease_until)
     RETURNING digest, pending, lease_until),
   reviewed AS (
     INSERT INTO blob_review (digest, not_before, reason) SELECT digest, lease_until, 'unreferenced upload' FROM joined
     ON CONFLICT (digest) DO UPDATE SET not_before = greatest(blob_review.not_before, excluded.not_before)),
   charged AS (
     INSERT INTO project_blob (project_id, digest, size) SELECT $4, digest, $5 FROM joined WHERE pending
     ON CONFLICT DO NOTHING RETURNING size)
   SELECT pending, (SELECT size FROM charged) AS "chargedBytes" FROM joined`,
);
const lockMembership = statement(
  'membership_lock',
  `SELECT blob.size FROM repository_blob member JOIN blob USING (digest)
    WHERE member.repository_id = $1 AND member.digest = $2 FOR UPDATE OF member`,
);
const isNamed = statement(
  'blob_is_named',
  `SELECT EXISTS (SELECT 1 FROM artifact_blob JOIN artifact ON artifact.id = artifact_id
                   WHERE digest_blob = $2 AND artifact.repository_id = $1) AS named`,
);
const removeMembership = statement(
  'membership_remove',
  'DELETE FROM repository_blob WHERE repository_id = $1 AND digest = $2',
);
const reviewNow = statement(
  'blob_review_now',
  `INSERT INTO blob_review (digest, not_before, reason) VALUES ($1, now(), 'unlinked')
   ON CONFLICT (digest) DO UPDATE SET not_before = greatest(blob_review.not_before, excluded.not_before)`,
);

/** Where a mount may take a blob from. */
export interface MountSources {
  /** By full name, in the project that each was granted for. */
  repositories: readonly { repository: string; projectId: number }[];
  /** A project all of whose repositories will do, or null. */
  projectId: number | null;
}

/** Why a repository comes to have a blob, and through whom. */
export interface Arrival {
  step: 'uploaded' | 'mounted';
  reason: string;
  actor: string;
}

/** Which repository may use which blob. Methods with a `tx` are steps of the caller's transaction. */
@Injectable()
export class BlobRepository {
  private readonly leaseSeconds: number;

  constructor(
    @Inject(REGISTRY_CONFIG) { uploadLeaseHours }: RegistryConfig,
    @Inject(Databases) private readonly databases: Databases,
  ) {
    this.leaseSeconds = uploadLeaseHours * 3600;
  }

  async find(key: PlaceKey, digest: Digest): Promise<BlobPlace | null> {
    return findBlob(this.databases.pull, key, digest, this.leaseSeconds / 2);
  }

  /** A pusher relies on the blob from now on. False when it is no longer there. */
  async extendLease(repositoryId: number, digest: Digest): Promise<boolean> {
    const row = await this.databases.push.maybe(extend(repositoryId, digest, this.leaseSeconds));
    return row !== null;
  }

  /** Locks the row of a blob against every other commit and against removal, making it if need be; it is live from now on. */
  async lock(tx: Sql, digest: Digest, sizeBytes: number): Promise<void> {
    await tx.run(lockBlob(digest, sizeBytes));
  }

  /** Holds a blob in one of the repositories from which it may be mounted. @returns null when none has it */
  async holdUsable(
    tx: Sql,
    { repositories, projectId }: MountSources,
    digest: Digest,
  ): Promise<{ repository: string; sizeBytes: number } | null> {
    const names = repositories.map((source) => source.repository);
    const projectIds = repositories.map((source) => source.projectId);
    return tx.maybe<{ repository: string; sizeBytes: number }>(holdUsable(digest, projectId, names, projectIds));
  }

  /**
   * Lets a repository use a blob, for the time of a lease at least, and has it looked at when that is over.
   * @returns bytes that the project is charged with in addition; the caller settles them last
   */
  async join(
    tx: Sql,
    repository: RepositoryRef,
    blob: { digest: Digest; sizeBytes: number },
    arrival: Arrival,
  ): Promise<number> {
    const { digest, sizeBytes } = blob;
    const { repositoryId, projectId, name } = repository;
    const [{ pending, chargedBytes }] = await Promise.all([
      tx.one<{ pending: boolean; chargedBytes: number | null }>(
        join(repositoryId, digest, this.leaseSeconds, projectId, sizeBytes),
      ),
      recordLedger(tx, { ...arrival, digest, repositoryName: name, sizeBytes }),
    ]);
    if (!pending) return 0;
    // Where a charge stood already, it may be under release.
    return chargedBytes ?? chargeProject(tx, projectId, [blob]);
  }

  /** Takes a blob from a repository, unless a manifest of it names it. Tells what became of it. */
  async remove(
    tx: Sql,
    repository: RepositoryRef,
    digest: Digest,
    actor: string,
  ): Promise<'removed' | 'named' | 'absent'> {
    const { repositoryId, projectId, name } = repository;
    const member = await tx.maybe<{ size: number }>(lockMembership(repositoryId, digest));
    if (member === null) return 'absent';
    // A statement of its own: it sees the manifest whose push the lock was waited for.
    if ((await tx.one<{ named: boolean }>(isNamed(repositoryId, digest))).named) return 'named';
    await tx.run(removeMembership(repositoryId, digest));
    await recordLedger(tx, {
      digest,
      step: 'unlinked',
      reason: 'blob deleted',
      repositoryName: name,
      actor,
      sizeBytes: member.size,
    });
    await tx.run(reviewNow(digest));
    await releaseProject(tx, projectId, [digest]);
    return 'removed';
  }
}
