import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { isPublicSql, visibleTo } from '../project/project-visibility.js';

/** A repository as a search finds it. */
export interface FoundRepository {
  projectId: number;
  projectName: string;
  projectPublic: boolean;
  repositoryName: string;
  pullCount: number;
  artifactCount: number;
}

@Injectable()
export class SearchRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** Repositories in projects that a principal may see, whose full name holds the text, newest first. */
  findRepositories(viewer: Principal, text: string): Promise<FoundRepository[]> {
    const visible = visibleTo(viewer, 2);
    return this.store.sql.rows<FoundRepository>(
      sql(
        `SELECT project.project_id AS "projectId", project.name AS "projectName", ${isPublicSql} AS "projectPublic",
                repository.name AS "repositoryName", repository.pull_count AS "pullCount",
                (SELECT count(*) FROM artifact
                  WHERE artifact.repository_id = repository.repository_id AND artifact.listed) AS "artifactCount"
           FROM repository JOIN project ON project.project_id = repository.project_id
          WHERE repository.listed AND position(lower($1) IN lower(repository.name)) > 0
            AND NOT project.deleted AND ${visible.text}
          ORDER BY repository.creation_time DESC, repository.repository_id`,
        text,
        ...visible.values,
      ),
    );
  }
}
