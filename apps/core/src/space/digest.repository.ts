import { Inject, Injectable } from '@nestjs/common';
import { statement, trashDaysKey } from '@haven/models';
import { ModelStore } from '@haven/models/orm';

/** The first of many, and how many there are. */
export interface Some<Row> {
  total: number;
  rows: Row[];
}

/** A blob, a manifest, or bytes that are both, as the platform has them. */
export interface DigestState {
  sizeBytes: number | null;
  /** Of the blob: live, quarantined; null when there is none. */
  status: string | null;
  isManifest: boolean;
  /** What a scrub has found wrong with its bytes, until they are pushed again: corrupt, missing. */
  damage: string | null;
  /** Null when nobody is to look at it. */
  review: Review | null;
}

/** When a collector looks at it, and why. */
export interface Review {
  notBefore: Date;
  reason: string;
  /** In the future while a collector has it in hand. */
  claimedUntil: Date | null;
  quarantinedAt: Date | null;
}

/** What an artifact has to do with a digest. */
export type ReferenceRole = 'manifest' | 'config' | 'layer' | 'child' | 'subject';

export interface Reference {
  repositoryName: string;
  digest: string;
  role: ReferenceRole;
  tags: string[];
}

export interface TrashReference {
  id: number;
  repositoryName: string;
  digest: string;
  deletedBy: string;
  deletedTime: Date;
  /** When it leaves the trash by itself. */
  dueTime: Date;
}

/** A repository that may use the digest. */
export interface Membership {
  repositoryName: string;
  leaseUntil: Date;
  /** No manifest of the repository has named it yet. */
  isPending: boolean;
}

export interface LedgerRow {
  step: string;
  reason: string;
  repositoryName: string;
  actor: string;
  sizeBytes: number;
  time: Date;
}

/** Whose rows are read: null for the whole platform. */
export interface DigestScope {
  projectId: number | null;
  projectName: string;
}

const mostRows = 20;
const mostLedgerRows = 50;

const readState = statement(
  'digest_state',
  `SELECT coalesce(blob.size, octet_length(manifest.payload)) AS "sizeBytes", blob.status,
          manifest.digest IS NOT NULL AS "isManifest", not_before AS "notBefore", reason, claimed_until AS "claimedUntil",
          quarantined_at AS "quarantinedAt",
          (SELECT kind FROM blob_damage WHERE blob_damage.digest = asked.digest AND blob.status = 'quarantined') AS damage
     FROM (VALUES ($1::text)) AS asked (digest) LEFT JOIN blob USING (digest) LEFT JOIN manifest USING (digest)
     LEFT JOIN blob_review USING (digest)`,
);
/** $1 digest, $2 project or null, $3 how many. Which blob of a manifest is its config only its text says. */
const findReferences = statement(
  'digest_references',
  `WITH own AS (SELECT id, repository_id FROM artifact WHERE digest = $1 AND ($2::int IS NULL OR project_id = $2)),
   found AS (
     SELECT id, 'manifest' AS role FROM own
     UNION ALL
     SELECT artifact.id, 'blob' FROM artifact_blob JOIN artifact ON artifact.id = artifact_id
      WHERE digest_blob = $1 AND ($2::int IS NULL OR artifact_blob.project_id = $2)
     UNION ALL
     SELECT parent_id, 'child' FROM artifact_reference WHERE child_id IN (SELECT id FROM own)
     UNION ALL
     SELECT artifact.id, 'subject' FROM own JOIN artifact USING (repository_id) WHERE subject_digest = $1),
   first AS (SELECT id, role, count(*) OVER () AS total FROM found ORDER BY id LIMIT $3)
   SELECT total, repository_name AS "repositoryName", artifact.digest,
          CASE WHEN role <> 'blob' THEN role
               WHEN encode(payload, 'escape') ~ ('"config"\\s*:\\s*\\{[^{}]*' || $1) THEN 'config' ELSE 'layer' END AS role,
          ARRAY(SELECT name FROM tag WHERE artifact_id = artifact.id ORDER BY name LIMIT 10) AS tags
     FROM first JOIN artifact USING (id) JOIN manifest ON manifest.digest = artifact.digest ORDER BY id`,
);
/** The last to go comes first. $4 days of projects that do not say. */
const findTrash = statement(
  'digest_trash',
  `WITH found AS (
     SELECT id FROM artifact_trash WHERE digest = $1
     UNION
     SELECT id FROM artifact_blob JOIN artifact_trash USING (artifact_id) WHERE digest_blob = $1)
   SELECT count(*) OVER () AS total, id, repository_name AS "repositoryName", digest, deleted_by AS "deletedBy",
          creation_time AS "deletedTime",
          CASE WHEN emptied THEN now() ELSE creation_time + make_interval(days => coalesce(
            (SELECT value::int FROM project_metadata kept
              WHERE kept.project_id = trash.project_id AND kept.name = '${trashDaysKey}' AND value ~ '^\\d{1,4}$'), $4)) END AS "dueTime"
     FROM found JOIN artifact_trash trash USING (id) WHERE $2::int IS NULL OR project_id = $2
    ORDER BY "dueTime" DESC, id LIMIT $3`,
);
const findMemberships = statement(
  'digest_memberships',
  `SELECT count(*) OVER () AS total, repository.name AS "repositoryName", lease_until AS "leaseUntil", pending AS "isPending"
     FROM repository_blob JOIN repository USING (repository_id)
    WHERE digest = $1 AND ($2::int IS NULL OR project_id = $2) ORDER BY pending DESC, lease_until DESC LIMIT $3`,
);
/** Newest first; what happened to the bytes themselves has no repository. */
const findLedger = statement(
  'digest_ledger',
  `SELECT count(*) OVER () AS total, step, reason, repository_name AS "repositoryName", actor, size AS "sizeBytes",
          creation_time AS "time"
     FROM ledger WHERE digest = $1 AND ($2 = '' OR split_part(repository_name, '/', 1) = $2) ORDER BY id DESC LIMIT $3`,
);

type StateRow = Omit<DigestState, 'review'> & { [Field in keyof Review]: Review[Field] | null };

/** What the database has about one digest, each answer of bounded length. */
@Injectable()
export class DigestRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async state(digest: string): Promise<DigestState> {
    const row = await this.store.sql.one<StateRow & Record<string, unknown>>(readState(digest));
    const { sizeBytes, status, isManifest, damage, notBefore, reason, claimedUntil, quarantinedAt } = row;
    const isReviewed = notBefore !== null && reason !== null;
    const review = isReviewed ? { notBefore, reason, claimedUntil, quarantinedAt } : null;
    return { sizeBytes, status, isManifest, damage, review };
  }

  references(digest: string, { projectId }: DigestScope): Promise<Some<Reference>> {
    return this.some<Reference>(findReferences(digest, projectId, mostRows));
  }

  trash(digest: string, { projectId }: DigestScope, trashDays: number): Promise<Some<TrashReference>> {
    return this.some<TrashReference>(findTrash(digest, projectId, mostRows, trashDays));
  }

  memberships(digest: string, { projectId }: DigestScope): Promise<Some<Membership>> {
    return this.some<Membership>(findMemberships(digest, projectId, mostRows));
  }

  ledger(digest: string, { projectName }: DigestScope): Promise<Some<LedgerRow>> {
    return this.some<LedgerRow>(findLedger(digest, projectName, mostLedgerRows));
  }

  private async some<Row extends object>(query: ReturnType<typeof findTrash>): Promise<Some<Row>> {
    const found = await this.store.sql.rows<Row & { total: number }>(query);
    return { total: found[0]?.total ?? 0, rows: found };
  }
}
