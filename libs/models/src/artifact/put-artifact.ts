import { Errors } from '@haven/errors';
import { recordAudit } from '../audit/audit.js';
import { statement, type Query, type Sql } from '../database/sql.js';
import { recordLedger } from '../ledger/ledger.js';
import { appendOutbox, type OutboxConsumer } from '../outbox/outbox.js';
import { chargeProject, settleQuota } from '../quota/quota.js';
import type { PushOrigin } from '../replication/push-origin.js';
import type { RepositoryRef } from './repository-ref.js';
import { putTag } from './tag.js';

export interface ArtifactChild {
  digest: string;
  platform?: object;
  urls?: readonly string[];
  annotations?: object;
}

/** A verified manifest and what was read from it. */
export interface NewArtifact {
  digest: string;
  payload: Buffer;
  manifestMediaType: string;
  /** Media type of the config, or of the manifest where there is none. */
  mediaType: string;
  artifactType: string;
  /** Harbor's word: IMAGE, CHART, … */
  type: string;
  /** Manifest, config and layers together. */
  sizeBytes: number;
  /** Config and layers that must be in the repository; foreign layers are not among them. */
  blobDigests: readonly string[];
  children: readonly ArtifactChild[];
  annotations: object;
  extraAttrs: object;
  /** Digest of the layer that holds a picture of it; absent when it brings none. */
  icon?: string;
  /** The manifest that this one is attached to, by its `subject` field; it need not exist. */
  subjectDigest?: string;
  /** Set when the artifact is an accessory, by `subject` or by cosign's tag form. */
  accessory?: { type: string; subjectDigest: string };
}

export interface PutArtifactContext {
  repository: RepositoryRef;
  /** Tags that shall point at the artifact. */
  tags: readonly string[];
  actor: string;
  sourceIp: string;
  consumers: readonly OutboxConsumer[];
  /** Travels with the event, for webhooks and request logs. */
  requestId: string;
  userAgent: string;
  /** Of a push that another platform repeats here. */
  origin?: PushOrigin | undefined;
}

export interface PutArtifactResult {
  artifactId: number;
  /** False when the repository had this digest already. */
  created: boolean;
}

/** Held until an artifact has it: the collector removes manifests that none has. No row when it was just being removed. */
const ensureManifest = statement(
  'manifest_ensure',
  `WITH made AS (INSERT INTO manifest (digest, media_type, payload) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING digest)
   SELECT digest FROM made
   UNION ALL
   SELECT digest FROM (SELECT digest FROM manifest WHERE digest = $1 FOR KEY SHARE) AS held`,
);
/** Shared with other pushes; whoever wants to remove a membership waits. Purged bytes cannot be named. */
const holdMemberships = statement(
  'membership_hold',
  `SELECT digest, blob.size FROM repository_blob JOIN blob USING (digest)
    WHERE repository_id = $1 AND digest = ANY($2) AND blob.status = 'live'
    ORDER BY digest FOR KEY SHARE`,
);
/**
 * Looks for what is due once, whatever the planner thinks: as a join, planned when the tables were empty, it did so for each
 * membership of the repository.
 */
const settleMemberships = statement(
  'membership_settle',
  `WITH due AS (
     SELECT digest FROM repository_blob WHERE repository_id = $1 AND digest = ANY($2) AND pending
      ORDER BY digest FOR NO KEY UPDATE)
   UPDATE repository_blob SET pending = false
    WHERE repository_id = $1 AND digest = ANY(ARRAY(SELECT digest FROM due))`,
);
const holdChildren = statement(
  'children_hold',
  'SELECT id, digest FROM artifact WHERE repository_id = $1 AND digest = ANY($2) ORDER BY digest FOR KEY SHARE',
);
const insertArtifact = statement(
  'artifact_insert',
  `INSERT INTO artifact (project_id, repository_id, repository_name, digest, type, media_type, manifest_media_type,
                         artifact_type, subject_digest, size, extra_attrs, annotations, icon)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
   ON CONFLICT (repository_id, digest) DO NOTHING RETURNING id`,
);
const holdArtifact = statement(
  'artifact_hold',
  'SELECT id FROM artifact WHERE repository_id = $1 AND digest = $2 FOR KEY SHARE',
);
const insertBlobEdges = statement(
  'artifact_blob_insert',
  `INSERT INTO artifact_blob (artifact_id, digest_blob, repository_id, project_id)
   SELECT $1, digest, $3, $4 FROM unnest($2::text[]) AS digest`,
);
const insertReferences = statement(
  'artifact_reference_insert',
  `INSERT INTO artifact_reference (parent_id, child_id, child_digest, position, platform, urls, annotations)
   SELECT $1, child.id, child.digest, child.position, child.platform, child.urls, child.annotations
     FROM jsonb_to_recordset($2) AS child (id bigint, digest text, position int, platform jsonb, urls jsonb, annotations jsonb)
   ON CONFLICT DO NOTHING`,
);
const insertAccessory = statement(
  'artifact_accessory_insert',
  `INSERT INTO artifact_accessory (artifact_id, subject_artifact_id, subject_artifact_digest, subject_artifact_repo, type, size, digest)
   VALUES ($1, (SELECT id FROM artifact WHERE repository_id = $2 AND digest = $3), $3, $4, $5, $6, $7)
   ON CONFLICT DO NOTHING`,
);
/** Accessories may be pushed before what they are attached to. */
const adoptAccessories = statement(
  'artifact_accessory_adopt',
  `UPDATE artifact_accessory SET subject_artifact_id = $1
    WHERE subject_artifact_repo = $2 AND subject_artifact_digest = $3 AND subject_artifact_id IS NULL`,
);
const listRepository = statement(
  'repository_list',
  'UPDATE repository SET listed = true, update_time = now() WHERE repository_id = $1 AND NOT listed',
);

/**
 * Records a manifest in a repository: bytes, edges, tag, charge, audit, ledger and outbox, in the caller's transaction.
 * Accepts only blobs that the repository may use and children that it has. Pushing the same manifest again changes nothing.
 * @throws AppError MANIFEST_BLOB_UNKNOWN, DENIED (quota)
 */
export async function putArtifact(
  tx: Sql,
  artifact: NewArtifact,
  context: PutArtifactContext,
): Promise<PutArtifactResult> {
  const { addedBytes, ...result } = await recordArtifact(tx, artifact, context);
  await settleQuota(tx, context.repository.projectId, addedBytes);
  return result;
}

/** The same but for the quota: the caller settles `addedBytes` once, as the last step of the transaction. */
export async function recordArtifact(
  tx: Sql,
  artifact: NewArtifact,
  context: PutArtifactContext,
): Promise<PutArtifactResult & { addedBytes: number }> {
  const { repository } = context;
  // What does not wait for another's answer is sent together, and done in this order all the same.
  const [, blobs, children] = await Promise.all([
    holdManifest(tx, artifact),
    holdBlobs(tx, repository, artifact.blobDigests),
    holdIndexChildren(tx, repository, artifact.children),
  ]);
  const { artifactId, created } = await ensureArtifact(tx, repository, artifact);
  let addedBytes = 0;
  if (created) {
    [addedBytes] = await Promise.all([
      chargeProject(tx, repository.projectId, [
        { digest: artifact.digest, sizeBytes: artifact.payload.length },
        ...blobs.map((blob) => ({ digest: blob.digest, sizeBytes: blob.size })),
      ]),
      insertEdges(tx, repository, artifactId, artifact, children),
      recordLedger(tx, {
        digest: artifact.digest,
        step: 'live',
        reason: 'manifest pushed',
        repositoryName: repository.name,
        actor: context.actor,
        sizeBytes: artifact.payload.length,
      }),
    ]);
  }
  await tx.run(listRepository(repository.repositoryId));
  const put: string[] = [];
  for (const tag of context.tags) {
    if (await putTag(tx, repository, artifactId, tag, context.origin)) put.push(tag);
  }
  const announced = context.tags.length === 0 ? [null] : put;
  for (const tag of announced) await announce(tx, artifact, artifactId, { ...context, tag });
  return { artifactId, created, addedBytes };
}

/** The row that was in the way may go before it can be held, and another push may make it before this one does. */
async function holdManifest(tx: Sql, { digest, manifestMediaType, payload }: NewArtifact): Promise<void> {
  const hold = ensureManifest(digest, manifestMediaType, payload);
  for (let tries = 1; (await tx.maybe(hold)) === null; tries += 1) {
    if (tries === mostHoldTries)
      throw Errors.unavailable('the manifest is being pushed and deleted at the same time, try again');
  }
}
const mostHoldTries = 5;

interface HeldBlob {
  digest: string;
  size: number;
}

async function holdBlobs(tx: Sql, repository: RepositoryRef, wanted: readonly string[]): Promise<HeldBlob[]> {
  const digests = [...new Set(wanted)];
  if (digests.length === 0) return [];
  const [held] = await Promise.all([
    tx.rows<HeldBlob>(holdMemberships(repository.repositoryId, digests)),
    tx.run(settleMemberships(repository.repositoryId, digests)),
  ]);
  assertAllKnown(digests, held);
  return held;
}

type HeldChild = ArtifactChild & { id: number; position: number };

async function holdIndexChildren(
  tx: Sql,
  repository: RepositoryRef,
  children: readonly ArtifactChild[],
): Promise<HeldChild[]> {
  if (children.length === 0) return [];
  const digests = [...new Set(children.map((child) => child.digest))];
  const held = await tx.rows<{ id: number; digest: string }>(holdChildren(repository.repositoryId, digests));
  assertAllKnown(digests, held);
  const ids = new Map(held.map((row) => [row.digest, row.id]));
  return children.flatMap((child, position) => {
    const id = ids.get(child.digest);
    return id === undefined ? [] : [{ ...child, id, position }];
  });
}

function assertAllKnown(wanted: readonly string[], held: readonly { digest: string }[]): void {
  const known = new Set(held.map((row) => row.digest));
  const missing = wanted.filter((digest) => !known.has(digest));
  if (missing.length === 0) return;
  throw Errors.manifestBlobUnknown(`unknown to the repository: ${missing.slice(0, 10).join(', ')}`, {
    detail: missing.map((digest) => ({ digest })),
  });
}

async function ensureArtifact(tx: Sql, repository: RepositoryRef, artifact: NewArtifact): Promise<PutArtifactResult> {
  // The row that was in the way may be deleted before it can be held: then it is our turn to insert.
  for (let tries = 0; tries < 3; tries += 1) {
    const inserted = await tx.maybe<{ id: number }>(
      insertArtifact(
        repository.projectId,
        repository.repositoryId,
        repository.name,
        artifact.digest,
        artifact.type,
        artifact.mediaType,
        artifact.manifestMediaType,
        artifact.artifactType,
        artifact.subjectDigest ?? null,
        artifact.sizeBytes,
        JSON.stringify(artifact.extraAttrs),
        JSON.stringify(artifact.annotations),
        artifact.icon ?? '',
      ),
    );
    if (inserted !== null) return { artifactId: inserted.id, created: true };
    const held = await tx.maybe<{ id: number }>(holdArtifact(repository.repositoryId, artifact.digest));
    if (held !== null) return { artifactId: held.id, created: false };
  }
  throw Errors.unavailable('the manifest is being deleted and pushed at the same time, try again');
}

async function insertEdges(
  tx: Sql,
  repository: RepositoryRef,
  artifactId: number,
  artifact: NewArtifact,
  children: readonly HeldChild[],
): Promise<void> {
  const { projectId, repositoryId, name } = repository;
  const digests = [...new Set(artifact.blobDigests)];
  const statements: Query[] = [];
  if (digests.length > 0) statements.push(insertBlobEdges(artifactId, digests, repositoryId, projectId));
  if (children.length > 0) {
    const rows = children.map((child) => ({ urls: [], annotations: {}, ...child }));
    statements.push(insertReferences(artifactId, JSON.stringify(rows)));
  }
  const { accessory } = artifact;
  if (accessory !== undefined) {
    const { type, subjectDigest } = accessory;
    const { sizeBytes, digest } = artifact;
    statements.push(insertAccessory(artifactId, repositoryId, subjectDigest, name, type, sizeBytes, digest));
  }
  statements.push(adoptAccessories(artifactId, name, artifact.digest));
  await Promise.all(statements.map((each) => tx.run(each)));
}

async function announce(
  tx: Sql,
  artifact: NewArtifact,
  artifactId: number,
  context: PutArtifactContext & { tag: string | null },
): Promise<void> {
  const { repository, tag, actor, sourceIp } = context;
  const recording = recordAudit(tx, {
    projectId: repository.projectId,
    operation: 'create',
    resourceType: 'artifact',
    resource: tag === null ? `${repository.name}@${artifact.digest}` : `${repository.name}:${tag}`,
    username: actor,
    sourceIp,
  });
  const appending = appendOutbox(tx, context.consumers, {
    topic: 'artifact.pushed',
    payload: {
      projectId: repository.projectId,
      repositoryId: repository.repositoryId,
      repository: repository.name,
      artifactId,
      digest: artifact.digest,
      mediaType: artifact.manifestMediaType,
      sizeBytes: artifact.payload.length,
      blobDigests: artifact.blobDigests,
      tag,
      actor,
      sourceIp,
      requestId: context.requestId,
      userAgent: context.userAgent,
      origin: context.origin?.path ?? [],
      at: new Date().toISOString(),
    },
  });
  await Promise.all([recording, appending]);
}
