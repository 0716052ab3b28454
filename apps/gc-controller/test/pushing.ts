import { createHash, randomUUID } from 'node:crypto';
import {
  chargeProject,
  ensureRepository,
  putArtifact,
  settleQuota,
  sql,
  type Database,
  type RepositoryRef,
  type Sql,
} from '@haven/models';
import type { Digest } from '@haven/oci';
import type { BlobStore } from '@haven/storage';

export const digestOf = (bytes: string | Buffer): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;

export const actor = { actor: 'alice', sourceIp: '127.0.0.1', consumers: ['projection'] as const };

/** What a manifest of these tests is made of. */
export interface Image {
  payload: Buffer;
  digest: Digest;
  blobs: { bytes: Buffer; digest: Digest }[];
}

export function imageOf(name: string, layers: readonly string[]): Image {
  const blobs = layers.map((text) => ({ bytes: Buffer.from(text), digest: digestOf(text) }));
  const payload = Buffer.from(JSON.stringify({ name, layers: blobs.map(({ digest }) => digest) }));
  return { payload, digest: digestOf(payload), blobs };
}

/** The steps of a push, on the database and the disk, with the statements of the registry. */
export class Pusher {
  constructor(
    private readonly db: Database,
    private readonly store: BlobStore,
    private readonly leaseSeconds: number,
  ) {}

  repository(name: string): Promise<RepositoryRef> {
    return this.db.transaction((tx) => ensureRepository(tx, 1, name));
  }

  /** As `HEAD` answers, with the extension of the lease. */
  async hasBlob({ repositoryId }: RepositoryRef, digest: Digest): Promise<boolean> {
    const place = await this.db.maybe(
      sql(
        `SELECT 1 FROM repository_blob member JOIN blob ON blob.digest = member.digest AND blob.status = 'live'
          WHERE member.repository_id = $1 AND member.digest = $2`,
        repositoryId,
        digest,
      ),
    );
    if (place === null) return false;
    const extended = `
      WITH extended AS (UPDATE repository_blob SET lease_until = now() + make_interval(secs => $3)
                         WHERE repository_id = $1 AND digest = $2 RETURNING digest, lease_until),
      postponed AS (UPDATE blob_review SET not_before = greatest(not_before, extended.lease_until)
                      FROM extended WHERE blob_review.digest = extended.digest)
      SELECT digest FROM extended`;
    return (await this.db.maybe(sql(extended, repositoryId, digest, this.leaseSeconds))) !== null;
  }

  /** An upload in pieces, and its commit. */
  async upload(repository: RepositoryRef, bytes: Buffer, pieces: number): Promise<void> {
    const id = randomUUID();
    const step = Math.ceil(bytes.length / pieces);
    for (let offset = 0; offset < bytes.length; offset += step) {
      const writer = await this.store.openUpload(id, 0, offset);
      await writer.write([bytes.subarray(offset, offset + step)], offset);
      await writer.close();
    }
    const digest = digestOf(bytes);
    await this.db.transaction(async (tx) => {
      await tx.run(
        sql(
          `INSERT INTO blob (digest, size) VALUES ($1, $2)
           ON CONFLICT (digest) DO UPDATE SET status = 'live', update_time = now()`,
          digest,
          bytes.length,
        ),
      );
      const added = await this.join(tx, repository, digest, bytes.length);
      await this.store.commitUpload(id, 0, digest, bytes.length);
      await settleQuota(tx, repository.projectId, added);
    });
  }

  /** @returns false when no other repository has it */
  async mount(repository: RepositoryRef, digest: Digest): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const held = await tx.maybe<{ size: number }>(
        sql(
          `SELECT blob.size FROM repository_blob member JOIN blob ON blob.digest = member.digest
            WHERE member.digest = $1 AND blob.status = 'live' LIMIT 1 FOR KEY SHARE OF member, blob`,
          digest,
        ),
      );
      if (held === null) return false;
      await settleQuota(tx, repository.projectId, await this.join(tx, repository, digest, held.size));
      return true;
    });
  }

  /** Uploads what the repository does not have, and puts the manifest. */
  async push(repository: RepositoryRef, image: Image, tag: string, pieces = 1): Promise<void> {
    for (const { bytes, digest } of image.blobs) {
      if (!(await this.hasBlob(repository, digest))) await this.upload(repository, bytes, pieces);
    }
    await this.put(repository, image, tag);
  }

  async put(repository: RepositoryRef, image: Image, tag: string): Promise<void> {
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = {
      ...{ digest: image.digest, payload: image.payload, manifestMediaType: type, mediaType: type, artifactType: '' },
      ...{ type: 'IMAGE', sizeBytes: image.payload.length, children: [], annotations: {}, extraAttrs: {} },
      blobDigests: image.blobs.map(({ digest }) => digest),
    };
    const context = { ...actor, requestId: 'r', userAgent: 'test', repository, tags: [tag] };
    await this.db.transaction((tx) => putArtifact(tx, manifest, context));
  }

  private async join(tx: Sql, repository: RepositoryRef, digest: Digest, sizeBytes: number): Promise<number> {
    const { pending } = await tx.one<{ pending: boolean }>(
      sql(
        `WITH joined AS (
           INSERT INTO repository_blob AS member (repository_id, digest, lease_until)
           VALUES ($1, $2, now() + make_interval(secs => $3))
           ON CONFLICT (repository_id, digest) DO UPDATE SET lease_until = greatest(member.lease_until, excluded.lease_until)
           RETURNING digest, pending, lease_until),
         reviewed AS (
           INSERT INTO blob_review (digest, not_before, reason) SELECT digest, lease_until, 'unreferenced upload' FROM joined
           ON CONFLICT (digest) DO UPDATE SET not_before = greatest(blob_review.not_before, excluded.not_before))
         SELECT pending FROM joined`,
        repository.repositoryId,
        digest,
        this.leaseSeconds,
      ),
    );
    return pending ? chargeProject(tx, repository.projectId, [{ digest, sizeBytes }]) : 0;
  }
}
