import { Inject, Injectable } from '@nestjs/common';
import { statement } from '@haven/models';
import { Databases } from '../database/databases.js';

/** What the database says at this moment of what an event was about. */
export interface CurrentState {
  /** Null when no repository of the name is listed. */
  repositoryId: number | null;
  /** Digests of the asked ones that the repository has. */
  revisions: string[];
  /** Tags of the asked ones that the repository has. */
  tags: { name: string; digest: string }[];
  /** Blobs of the asked ones that the repository may use. */
  layers: string[];
}

const readState = statement(
  'projection_state',
  `SELECT repository_id AS "repositoryId",
          ARRAY(SELECT digest FROM artifact
                 WHERE artifact.repository_id = repository.repository_id AND digest = ANY($2) ORDER BY digest) AS revisions,
          (SELECT coalesce(json_agg(json_build_object('name', tag.name, 'digest', artifact.digest) ORDER BY tag.name), '[]')
             FROM tag JOIN artifact ON artifact.id = tag.artifact_id
            WHERE tag.repository_id = repository.repository_id AND tag.name = ANY($3)) AS tags,
          ARRAY(SELECT digest FROM repository_blob
                 WHERE repository_blob.repository_id = repository.repository_id AND digest = ANY($4) ORDER BY digest) AS layers
     FROM repository WHERE name = $1`,
);
const readPayload = statement('projection_payload', 'SELECT payload FROM manifest WHERE digest = $1');

/** Reads what the projection has to show. */
@Injectable()
export class ProjectionRepository {
  constructor(@Inject(Databases) private readonly databases: Databases) {}

  async stateOf(
    repository: string,
    digests: readonly string[],
    tags: readonly string[],
    layers: readonly string[],
  ): Promise<CurrentState> {
    const row = await this.databases.push.maybe<CurrentState>(readState(repository, digests, tags, layers));
    return row ?? { repositoryId: null, revisions: [], tags: [], layers: [] };
  }

  async payload(digest: string): Promise<Buffer | null> {
    return (await this.databases.push.maybe<{ payload: Buffer }>(readPayload(digest)))?.payload ?? null;
  }
}
