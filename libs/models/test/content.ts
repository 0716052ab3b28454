import { createHash } from 'node:crypto';
import {
  chargeProject,
  putArtifact,
  settleQuota,
  sql,
  type Database,
  type NewArtifact,
  type PutArtifactResult,
  type RepositoryRef,
} from '../src/index.js';

export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Who acts in tests, and who is told of it. */
export const actor = { actor: 'alice', sourceIp: '127.0.0.1', consumers: ['core'] as const };
/** The same, where what is done travels with the request. */
export const context = { ...actor, requestId: 'r', userAgent: 'test' };

/** What the registry does when an upload is complete, or a mount: blob, membership, charge. */
export async function storeBlob(db: Database, repository: RepositoryRef, text: string): Promise<string> {
  const digest = digestOf(text);
  await db.transaction(async (tx) => {
    await tx.run(sql('INSERT INTO blob (digest, size) VALUES ($1, $2) ON CONFLICT DO NOTHING', digest, text.length));
    await tx.run(
      sql(
        `INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES ($1, $2, now() + interval '1 hour')
         ON CONFLICT DO NOTHING`,
        repository.repositoryId,
        digest,
      ),
    );
    await settleQuota(
      tx,
      repository.projectId,
      await chargeProject(tx, repository.projectId, [{ digest, sizeBytes: text.length }]),
    );
  });
  return digest;
}

/** A small manifest whose bytes are `payload`. */
export function manifestOf(
  payload: string,
  parts: { blobs?: string[]; children?: string[]; subject?: string } = {},
): NewArtifact {
  return {
    digest: digestOf(payload),
    payload: Buffer.from(payload),
    manifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
    mediaType: 'application/vnd.oci.image.config.v1+json',
    artifactType: '',
    type: 'IMAGE',
    sizeBytes: payload.length,
    blobDigests: parts.blobs ?? [],
    children: (parts.children ?? []).map((digest) => ({ digest })),
    annotations: {},
    extraAttrs: {},
    ...(parts.subject === undefined
      ? {}
      : { subjectDigest: parts.subject, accessory: { type: 'signature.cosign', subjectDigest: parts.subject } }),
  };
}

/** Puts a manifest into a repository, as a push does. */
export const storeArtifact = (
  db: Database,
  repository: RepositoryRef,
  manifest: NewArtifact,
  tag?: string,
): Promise<PutArtifactResult> =>
  db.transaction((tx) => putArtifact(tx, manifest, { ...context, repository, tags: tag === undefined ? [] : [tag] }));
