import { Inject, Injectable } from '@nestjs/common';
import { recordLedger, releaseProject, statement, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';
import { UnnamedBytes } from '../blob/unnamed-bytes.service.js';
import { Databases } from '../database/databases.js';

/** An upload session that has ended, and the last epoch of its files. */
export interface ExpiredSession {
  id: string;
  epoch: number;
  /** The blob that somebody tried to make of it; its bytes may have come into their place. */
  wantedDigest: Digest | null;
}

interface LapsedMembership {
  repositoryId: number;
  digest: string;
  projectId: number;
  name: string;
  sizeBytes: number;
}

/** What one batch took. `found` says whether there may be more. */
export interface Batch {
  found: number;
  removed: number;
}

const expireSessions = statement(
  'purge_sessions',
  `DELETE FROM blob_upload WHERE id IN (
     SELECT id FROM blob_upload
      WHERE update_time <= now() - make_interval(secs => $1) AND (writer IS NULL OR writer_lease_until < now())
      ORDER BY update_time LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING id, epoch, wanted_digest AS "wantedDigest"`,
);
const oldestSession = statement(
  'purge_oldest_session',
  `SELECT least(min(creation_time), now() - make_interval(secs => $1)) AS "startedAt" FROM blob_upload`,
);
const findLapsed = statement(
  'purge_memberships_lock',
  `SELECT member.repository_id AS "repositoryId", member.digest, repository.project_id AS "projectId", repository.name,
          blob.size AS "sizeBytes"
     FROM repository_blob member JOIN repository USING (repository_id) JOIN blob ON blob.digest = member.digest
    WHERE member.pending AND member.lease_until <= now() + make_interval(secs => $1)
    ORDER BY member.lease_until LIMIT $2 FOR UPDATE OF member SKIP LOCKED`,
);
const removeMemberships = statement(
  'purge_memberships',
  `DELETE FROM repository_blob USING unnest($1::int[], $2::text[]) AS lapsed (repository_id, digest)
    WHERE repository_blob.repository_id = lapsed.repository_id AND repository_blob.digest = lapsed.digest`,
);
const isUnused = `NOT listed
  AND NOT EXISTS (SELECT 1 FROM blob_upload WHERE blob_upload.repository_id = repository.repository_id)
  AND NOT EXISTS (SELECT 1 FROM repository_blob WHERE repository_blob.repository_id = repository.repository_id)`;
const findUnused = statement(
  'purge_repositories_lock',
  `SELECT repository_id AS id FROM repository
    WHERE creation_time <= now() - make_interval(secs => $1) AND ${isUnused}
    LIMIT $2 FOR UPDATE SKIP LOCKED`,
);
const removeUnused = statement(
  'purge_repositories',
  `DELETE FROM repository WHERE repository_id = ANY($1) AND ${isUnused}`,
);

/** Rows that pushes have left behind. Each method takes one batch; replicas share the work and never wait for each other. */
@Injectable()
export class PurgeRepository {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(UnnamedBytes) private readonly unnamed: UnnamedBytes,
  ) {}

  /** Ends sessions that nobody has gone on with for this long, and that nobody is writing to. Their files are still there. */
  async expireSessions(olderThanSeconds: number, limit: number): Promise<ExpiredSession[]> {
    return this.databases.push.transaction(async (tx) => {
      const expired = await tx.rows<ExpiredSession>(expireSessions(olderThanSeconds, limit));
      const wanted = new Set(expired.flatMap(({ wantedDigest }) => wantedDigest ?? []));
      for (const digest of [...wanted].sort()) await this.unnamed.remove(tx, digest);
      return expired;
    });
  }

  /** A file that nobody has written to since then belongs to no session, and is at least this old. */
  async filesUntouchedSince(olderThanSeconds: number): Promise<Date> {
    const { startedAt } = await this.databases.push.one<{ startedAt: Date }>(oldestSession(olderThanSeconds));
    return startedAt;
  }

  /**
   * Drops memberships that no manifest has ever named and whose lease is over, with what they are charged.
   * @param earlierSeconds how much sooner than it says a lease counts as over
   */
  async dropLapsed(earlierSeconds: number, limit: number): Promise<Batch & { releasedBytes: number }> {
    return this.databases.push.transaction(async (tx) => {
      const lapsed = await tx.rows<LapsedMembership>(findLapsed(earlierSeconds, limit));
      await tx.run(
        removeMemberships(
          lapsed.map(({ repositoryId }) => repositoryId),
          lapsed.map(({ digest }) => digest),
        ),
      );
      for (const { digest, name: repositoryName, sizeBytes } of lapsed) {
        const why = { step: 'unlinked', reason: 'no manifest has named it in time', actor: 'system' } as const;
        await recordLedger(tx, { ...why, digest, repositoryName, sizeBytes });
      }
      return { found: lapsed.length, removed: lapsed.length, releasedBytes: await release(tx, lapsed) };
    });
  }

  /** Removes repositories that never had a manifest and have nothing else any more either. */
  async removeUnused(olderThanSeconds: number, limit: number): Promise<Batch> {
    return this.databases.push.transaction(async (tx) => {
      const found = await tx.rows<{ id: number }>(findUnused(olderThanSeconds, limit));
      // A statement of its own: it sees uploads that began while the rows were not locked yet.
      const removed = await tx.run(removeUnused(found.map(({ id }) => id)));
      return { found: found.length, removed };
    });
  }
}

/** In one order, so that two purges cannot wait for each other. */
async function release(tx: Sql, lapsed: readonly LapsedMembership[]): Promise<number> {
  const byProject = Map.groupBy(lapsed, ({ projectId }) => projectId);
  let bytes = 0;
  for (const projectId of [...byProject.keys()].sort((a, b) => a - b)) {
    const digests = (byProject.get(projectId) ?? []).map(({ digest }) => digest);
    bytes += await releaseProject(tx, projectId, digests);
  }
  return bytes;
}
