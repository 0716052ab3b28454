import { Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { statement, type Query, type RepositoryRef, type Sql } from '@haven/models';
import { isDigest, isTag } from '@haven/oci';
import { fullNameOf, type RepositoryPath } from '../repository/repository-path.js';

/** An artifact in the path of a request: its repository, and a tag or a digest. */
export interface ArtifactPath extends RepositoryPath {
  reference: string;
}

/** An artifact that exists. */
export interface ArtifactRef {
  artifactId: number;
  digest: string;
  repository: RepositoryRef;
}

interface RefRow {
  artifactId: number;
  digest: string;
  projectId: number;
  repositoryId: number;
}

const columns = `SELECT artifact.id AS "artifactId", artifact.digest, artifact.project_id AS "projectId",
                        artifact.repository_id AS "repositoryId"`;
const byDigestText = `${columns} FROM repository JOIN artifact ON artifact.repository_id = repository.repository_id
  WHERE repository.name = $1 AND artifact.digest = $2`;
const byTagText = `${columns} FROM repository JOIN tag ON tag.repository_id = repository.repository_id
  JOIN artifact ON artifact.id = tag.artifact_id
  WHERE repository.name = $1 AND tag.name = $2`;

type Lookup = (name: string, reference: string) => Query;
interface Lookups {
  byDigest: Lookup;
  byTag: Lookup;
}

const finds: Lookups = {
  byDigest: statement('artifact_find_by_digest', byDigestText),
  byTag: statement('artifact_find_by_tag', byTagText),
};
const holds: Lookups = {
  byDigest: statement('artifact_hold_by_digest', `${byDigestText} FOR KEY SHARE OF artifact`),
  byTag: statement('artifact_hold_by_tag', `${byTagText} FOR KEY SHARE OF artifact`),
};

/** Turns a path into an artifact: one indexed query. */
@Injectable()
export class ArtifactLookup {
  /** @throws AppError NOT_FOUND */
  find(db: Sql, path: ArtifactPath): Promise<ArtifactRef> {
    return lookUp(db, path, finds);
  }

  /** The same, and nobody deletes the artifact before the transaction ends. @throws AppError NOT_FOUND */
  hold(tx: Sql, path: ArtifactPath): Promise<ArtifactRef> {
    return lookUp(tx, path, holds);
  }
}

async function lookUp(db: Sql, path: ArtifactPath, { byDigest, byTag }: Lookups): Promise<ArtifactRef> {
  const { reference } = path;
  const name = fullNameOf(path);
  const query = isDigest(reference) ? byDigest(name, reference) : isTag(reference) ? byTag(name, reference) : null;
  const row = query === null ? null : await db.maybe<RefRow & Record<string, unknown>>(query);
  if (row === null) {
    throw Errors.notFound(`artifact ${name}${reference.includes(':') ? '@' : ':'}${reference} not found`);
  }
  const { artifactId, digest, projectId, repositoryId } = row;
  return { artifactId, digest, repository: { projectId, repositoryId, name } };
}
