import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { statement, type Query } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import { trashedBytes } from '../trash/trashed-bytes.js';

/** Bytes of what artifacts name. Those in the trash are no part of it. */
export interface Sizes {
  artifacts: number;
  /** Of each artifact by itself, all added up: what it would be without any sharing. */
  logicalBytes: number;
  /** Each digest once. */
  storedBytes: number;
  /** Of those, what nobody else has: so much would be freed. */
  uniqueBytes: number;
}

/** A project, as an operator looks for room. */
export interface ProjectSpace {
  projectId: number;
  name: string;
  usedBytes: number;
  trashedArtifacts: number;
  /** Of what only the trash keeps; each digest once. */
  trashedBytes: number;
  /** When the oldest entry of the trash was deleted; null when it is empty. */
  oldestTime: Date | null;
}

/** $1 the owner. Somebody else has a digest who has an edge to it, live or in the trash, or the same manifest. */
const sizesOf = (owner: 'project_id' | 'repository_id'): string =>
  `WITH own AS (SELECT id, digest FROM artifact WHERE ${owner} = $1),
   layers AS (SELECT digest_blob AS digest, count(*) AS times FROM own JOIN artifact_blob ON artifact_id = id GROUP BY 1),
   manifests AS (SELECT digest, count(*) AS times FROM own GROUP BY digest),
   sized AS (
     SELECT size, times, EXISTS (SELECT 1 FROM artifact_blob other
                                  WHERE other.digest_blob = layers.digest AND other.${owner} <> $1) AS shared
       FROM layers JOIN blob USING (digest)
     UNION ALL
     SELECT octet_length(payload), times, EXISTS (SELECT 1 FROM artifact other
                                                   WHERE other.digest = manifests.digest AND other.${owner} <> $1)
       FROM manifests JOIN manifest USING (digest))
   SELECT coalesce(sum(size * times), 0)::bigint AS "logicalBytes", coalesce(sum(size), 0)::bigint AS "storedBytes",
          coalesce(sum(size) FILTER (WHERE NOT shared), 0)::bigint AS "uniqueBytes",
          (SELECT count(*) FROM own)::int AS artifacts
     FROM sized`;
const ofProject = statement('sizes_of_project', sizesOf('project_id'));
const findRepository = statement(
  'sizes_repository',
  'SELECT repository_id AS id FROM repository WHERE name = $1 AND listed',
);
const ofRepository = statement('sizes_of_repository', sizesOf('repository_id'));

const table = `project LEFT JOIN quota_usage usage USING (project_id)
  LEFT JOIN (SELECT project_id, count(*) AS artifacts, min(creation_time) AS oldest FROM artifact_trash GROUP BY project_id) trash
    USING (project_id)`;
/** Computed for the rows of the page only. */
const columns = `project_id AS "projectId", project.name, coalesce(trash.artifacts, 0)::int AS "trashedArtifacts",
  trash.oldest AS "oldestTime",
  (coalesce(usage.used_bytes, 0)
    + coalesce((SELECT sum(bytes) FROM quota_delta WHERE quota_delta.project_id = project.project_id), 0))::bigint AS "usedBytes",
  ${trashedBytes('project.project_id')} AS "trashedBytes"`;

const shape: ListShape = {
  fields: {
    name: { column: 'project.name', type: 'string' },
    project_id: { column: 'project.project_id', type: 'int' },
    'trash.artifacts': { column: 'coalesce(trash.artifacts, 0)', type: 'int' },
  },
  defaultSort: '-trash.artifacts',
  idColumn: 'project.project_id',
};

@Injectable()
export class SizeRepository {
  private readonly counting = new Map<string, Promise<Sizes>>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  ofProject(projectId: number): Promise<Sizes> {
    return this.inTurn(`project ${projectId}`, ofProject(projectId));
  }

  async findRepository(name: string): Promise<number | null> {
    return (await this.store.sql.maybe<{ id: number }>(findRepository(name)))?.id ?? null;
  }

  ofRepository(repositoryId: number): Promise<Sizes> {
    return this.inTurn(`repository ${repositoryId}`, ofRepository(repositoryId));
  }

  /** Two statements; what the trash of a project keeps is counted for the projects of the page only. */
  list(query: ListQuery): Promise<PageOf<ProjectSpace>> {
    const source = { table, idColumn: shape.idColumn, columns, where: 'NOT project.deleted', values: [] };
    return selectPage<ProjectSpace>(this.store.sql, source, buildListSql(query, shape, 1));
  }

  /** They may take seconds: one at a time in each process, and who asks for what is being counted gets that. */
  private inTurn(key: string, query: Query): Promise<Sizes> {
    const known = this.counting.get(key);
    if (known !== undefined) return known;
    const counted = this.turn.then(() => this.store.sql.one<Sizes & Record<string, unknown>>(query));
    this.counting.set(key, counted);
    this.turn = counted.then(
      () => this.counting.delete(key),
      () => this.counting.delete(key),
    );
    return counted;
  }
}
