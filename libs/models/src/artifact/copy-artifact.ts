import { Errors } from '@haven/errors';
import { statement, type Sql } from '../database/sql.js';
import { recordLedgerAll } from '../ledger/ledger.js';
import { settleQuota } from '../quota/quota.js';
import { recordArtifact, type ArtifactChild, type NewArtifact, type PutArtifactContext } from './put-artifact.js';
import type { RepositoryRef } from './repository-ref.js';

export interface ArtifactSource {
  artifactId: number;
  repository: RepositoryRef;
}

/** Where a copy goes, who makes it, and how long blobs wait there for their manifest. */
export type CopyContext = Omit<PutArtifactContext, 'tags'> & { leaseSeconds: number };

/** What an artifact consists of, children first, and what is attached to it; each is held so that it is not deleted meanwhile. */
const holdParts = statement(
  'copy_parts',
  `SELECT artifact.id, artifact.digest, artifact.subject_digest AS "subjectDigest", artifact.type,
          artifact.media_type AS "mediaType", artifact.manifest_media_type AS "manifestMediaType",
          artifact.artifact_type AS "artifactType", artifact.size AS "sizeBytes", artifact.extra_attrs AS "extraAttrs",
          artifact.annotations, artifact.icon, manifest.payload,
          ARRAY(SELECT digest_blob FROM artifact_blob WHERE artifact_id = artifact.id ORDER BY digest_blob) AS "blobDigests",
          (SELECT coalesce(jsonb_agg(jsonb_build_object('digest', child_digest, 'platform', platform, 'urls', urls,
                                                        'annotations', annotations) ORDER BY position), '[]')
             FROM artifact_reference WHERE parent_id = artifact.id) AS children,
          (SELECT jsonb_build_object('type', accessory.type, 'subjectDigest', accessory.subject_artifact_digest)
             FROM artifact_accessory accessory WHERE accessory.artifact_id = artifact.id LIMIT 1) AS accessory
     FROM artifact JOIN manifest ON manifest.digest = artifact.digest
    WHERE artifact.id = $1 FOR KEY SHARE OF artifact`,
);
const childrenOf = statement(
  'copy_children',
  'SELECT child_id AS id FROM artifact_reference WHERE parent_id = $1 ORDER BY position',
);
const accessoriesOf = statement(
  'copy_accessories',
  'SELECT artifact_id AS id FROM artifact_accessory WHERE subject_artifact_id = $1 ORDER BY id',
);
const tagsOf = statement('copy_tags', 'SELECT name FROM tag WHERE artifact_id = $1 ORDER BY name');
/** As a mount does it: from a repository that may use the blobs, while they are there. */
const mountBlobs = statement(
  'copy_mount',
  `INSERT INTO repository_blob (repository_id, digest, lease_until)
   SELECT $1, held.digest, now() + make_interval(secs => $4)
     FROM (SELECT member.digest FROM repository_blob member JOIN blob ON blob.digest = member.digest
            WHERE member.repository_id = $2 AND member.digest = ANY($3) AND blob.status = 'live'
            ORDER BY member.digest FOR KEY SHARE OF member, blob) AS held
   ON CONFLICT DO NOTHING RETURNING digest`,
);

/** All of them are copied in one transaction, which is not to last for ever. */
const mostParts = 2_000;

type Part = Omit<NewArtifact, 'children' | 'accessory' | 'subjectDigest'> & {
  id: number;
  subjectDigest: string | null;
  children: (Pick<ArtifactChild, 'digest'> & { platform: object | null; urls: string[]; annotations: object })[];
  accessory: NonNullable<NewArtifact['accessory']> | null;
};

/**
 * Copies an artifact into another repository with its children, its accessories and its tags, in the caller's transaction;
 * no byte moves. What the target has already is left as it is, but for the tags.
 * @throws AppError DENIED (quota), PRECONDITION (a tag there that a rule keeps), BAD_REQUEST for too many parts, UNAVAILABLE
 * when the source is being deleted
 */
export async function copyArtifact(tx: Sql, source: ArtifactSource, context: CopyContext): Promise<void> {
  let addedBytes = 0;
  for (const id of await orderOf(tx, source.artifactId)) {
    const part = await tx.maybe<Part>(holdParts(id));
    if (part === null) throw Errors.unavailable('what is to be copied is being deleted, try again');
    await mount(tx, source.repository, part, context);
    // Children of an index are found through it; a signature may be found by its tag only.
    const isTagged = id === source.artifactId || part.accessory !== null;
    const tags = isTagged ? await tx.rows<{ name: string }>(tagsOf(id)) : [];
    const put = await recordArtifact(tx, toNewArtifact(part), { ...context, tags: tags.map(({ name }) => name) });
    addedBytes += put.addedBytes;
  }
  await settleQuota(tx, context.repository.projectId, addedBytes);
}

/** Children before their index, accessories after their subject: each finds what it refers to. */
async function orderOf(tx: Sql, rootId: number): Promise<number[]> {
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = async (id: number): Promise<void> => {
    if (seen.has(id)) return;
    seen.add(id);
    if (seen.size > mostParts)
      throw Errors.badRequest(`the artifact consists of more than ${mostParts} others: too many`);
    for (const child of await tx.rows<{ id: number }>(childrenOf(id))) await visit(child.id);
    order.push(id);
    for (const accessory of await tx.rows<{ id: number }>(accessoriesOf(id))) await visit(accessory.id);
  };
  await visit(rootId);
  return order;
}

async function mount(tx: Sql, from: RepositoryRef, part: Part, context: CopyContext): Promise<void> {
  const { repository, leaseSeconds, actor } = context;
  if (part.blobDigests.length === 0) return;
  const mounted = await tx.rows<{ digest: string }>(
    mountBlobs(repository.repositoryId, from.repositoryId, part.blobDigests, leaseSeconds),
  );
  const entry = {
    step: 'mounted',
    reason: `copied from ${from.name}`,
    repositoryName: repository.name,
    sizeBytes: 0,
  } as const;
  await recordLedgerAll(
    tx,
    mounted.map(({ digest }) => ({ ...entry, digest, actor })),
  );
}

function toNewArtifact({ id: _id, subjectDigest, accessory, children, ...part }: Part): NewArtifact {
  return {
    ...part,
    children: children.map(({ platform, ...child }) => ({ ...child, ...(platform === null ? {} : { platform }) })),
    ...(subjectDigest === null ? {} : { subjectDigest }),
    ...(accessory === null ? {} : { accessory }),
  };
}
