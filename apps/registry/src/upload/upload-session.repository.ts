import { Inject, Injectable } from '@nestjs/common';
import { statement, type RepositoryRef, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';
import { Databases } from '../database/databases.js';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import { placeQuery, type Place, type PlaceKey } from '../v2/place.js';

/** What was acknowledged of an upload. */
export interface UploadState {
  offsetBytes: number;
  /** sha256 of exactly those bytes; null before the first. */
  digestSoFar: Digest | null;
  /** Names the file, together with the id. */
  epoch: number;
}

/** A place where an upload may begin. */
export interface UploadsPlace extends Place {
  /** Whether there may be too little room for it. */
  isLimited: boolean;
}

/** A repository, with the session that the path names. */
export type UploadPlace = UploadsPlace & (UploadState | Record<keyof UploadState, null>);

/** A session that one writer has for itself. */
export interface Claim extends UploadState {
  id: string;
  writer: string;
  /** Whether somebody was writing before and went silent: they may still be, into the file of the epoch. */
  isTakeOver: boolean;
}

const columns = (source: string): string =>
  `${source}.offset_bytes AS "offsetBytes", ${source}.digest_so_far AS "digestSoFar", ${source}.epoch`;

const isLimited = 'coalesce(quota.hard_bytes >= 0, false) AS "isLimited"';
const joinQuota = 'LEFT JOIN quota ON quota.project_id = project.project_id';

const findUploads = placeQuery<UploadsPlace>('uploads', { columns: isLimited, joins: joinQuota });
const findUpload = placeQuery<UploadPlace>('upload', {
  values: ['uuid'],
  columns: `${isLimited}, ${columns('upload')}`,
  joins: `${joinQuota}
    LEFT JOIN blob_upload upload ON upload.repository_id = repository.repository_id AND upload.id = asked.value1`,
});
const insert = statement(
  'upload_insert',
  'INSERT INTO blob_upload (id, repository_id, username) VALUES ($1, $2, left($3, 255))',
);
const claim = statement(
  'upload_claim',
  `WITH free AS (
     SELECT id, writer FROM blob_upload
      WHERE id = $1 AND (writer IS NULL OR writer_lease_until < now()) FOR UPDATE)
   UPDATE blob_upload upload
      SET writer = $2, writer_lease_until = now() + make_interval(secs => $3), update_time = now(),
          wanted_digest = coalesce($4, wanted_digest)
     FROM free WHERE upload.id = free.id
   RETURNING ${columns('upload')}, free.writer IS NOT NULL AS "isTakeOver"`,
);
const renew = statement(
  'upload_renew',
  `UPDATE blob_upload SET writer_lease_until = now() + make_interval(secs => $3), update_time = now()
    WHERE id = $1 AND writer = $2`,
);
const startEpoch = statement('upload_start_epoch', 'UPDATE blob_upload SET epoch = $3 WHERE id = $1 AND writer = $2');
const settle = statement(
  'upload_settle',
  `UPDATE blob_upload SET offset_bytes = $3, digest_so_far = $4, writer = NULL, writer_lease_until = NULL, update_time = now()
    WHERE id = $1 AND writer = $2`,
);
const end = statement('upload_end', 'DELETE FROM blob_upload WHERE id = $1 AND writer = $2');
/** A commit that was cut short may have put the bytes into their place: they are looked at. */
const remove = statement(
  'upload_remove',
  `WITH gone AS (DELETE FROM blob_upload WHERE id = $1 RETURNING epoch, wanted_digest),
   reviewed AS (
     INSERT INTO blob_review (digest, not_before, reason)
     SELECT wanted_digest, now(), 'upload ended' FROM gone WHERE wanted_digest IS NOT NULL ON CONFLICT DO NOTHING)
   SELECT epoch FROM gone`,
);

/**
 * Sessions of uploads. At any time one writer at most has a session; what it stores counts only while it still does.
 * Methods that tell `false` mean that it no longer does.
 */
@Injectable()
export class UploadSessionRepository {
  /** How long a writer that shows no life keeps its session. */
  readonly writerLeaseSeconds: number;

  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(REGISTRY_CONFIG) { uploadWriterLeaseSeconds }: RegistryConfig,
  ) {
    this.writerLeaseSeconds = uploadWriterLeaseSeconds;
  }

  async findPlace(key: PlaceKey): Promise<UploadsPlace | null> {
    return findUploads(this.databases.push, key);
  }

  async find(key: PlaceKey, id: string): Promise<UploadPlace | null> {
    return findUpload(this.databases.push, key, id);
  }

  async insert(db: Sql, id: string, repository: RepositoryRef, username: string): Promise<void> {
    await db.run(insert(id, repository.repositoryId, username));
  }

  /** Null when somebody else is writing, or the session has ended. */
  async claim(id: string, writer: string, wanted: Digest | null): Promise<Claim | null> {
    const row = await this.db.maybe<UploadState & { isTakeOver: boolean }>(
      claim(id, writer, this.writerLeaseSeconds, wanted),
    );
    return row && { ...row, id, writer };
  }

  async renew({ id, writer }: Claim): Promise<boolean> {
    return (await this.db.run(renew(id, writer, this.writerLeaseSeconds))) === 1;
  }

  /** Names the file that the writer goes on in. */
  async startEpoch({ id, writer, epoch }: Claim): Promise<boolean> {
    return (await this.db.run(startEpoch(id, writer, epoch))) === 1;
  }

  /** Stores how far an upload has come, and lets it go. */
  async settle({ id, writer, offsetBytes, digestSoFar }: Claim): Promise<boolean> {
    return (await this.db.run(settle(id, writer, offsetBytes, digestSoFar))) === 1;
  }

  /** Ends the session in the transaction that makes its bytes a blob. */
  async end(tx: Sql, { id, writer }: Claim): Promise<boolean> {
    return (await tx.run(end(id, writer))) === 1;
  }

  /** Ends a session whoever writes to it. @returns its last epoch, or null when it has ended already */
  async remove(id: string): Promise<number | null> {
    return (await this.db.maybe<{ epoch: number }>(remove(id)))?.epoch ?? null;
  }

  private get db(): Sql {
    return this.databases.push;
  }
}
