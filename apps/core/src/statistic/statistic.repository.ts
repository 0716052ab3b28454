import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { ModelStore, sql } from '@haven/models';
import { isPublicSql, visibleTo } from '../project/project-visibility.js';

/** Projects and their repositories, as far as somebody may see them. */
export interface Counts {
  publicProjects: number;
  publicRepositories: number;
  privateProjects: number;
  privateRepositories: number;
}

@Injectable()
export class StatisticRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  count(viewer: Principal): Promise<Counts> {
    const visible = visibleTo(viewer, 1);
    return this.store.sql.one<Counts>(
      sql(
        `SELECT count(*) FILTER (WHERE public) AS "publicProjects",
                coalesce(sum(repositories) FILTER (WHERE public), 0)::bigint AS "publicRepositories",
                count(*) FILTER (WHERE NOT public) AS "privateProjects",
                coalesce(sum(repositories) FILTER (WHERE NOT public), 0)::bigint AS "privateRepositories"
           FROM (SELECT ${isPublicSql} AS public,
                        (SELECT count(*) FROM repository
                          WHERE repository.project_id = project.project_id AND listed) AS repositories
                   FROM project WHERE NOT project.deleted AND ${visible.text}) AS seen`,
        ...visible.values,
      ),
    );
  }

  /** Bytes of all content that is kept, each blob and each manifest once. */
  async sumBytes(): Promise<number> {
    const row = await this.store.sql.one<{ bytes: number }>(
      sql(
        `SELECT coalesce((SELECT sum(size) FROM blob), 0)::bigint
              + coalesce((SELECT sum(octet_length(payload)) FROM manifest), 0)::bigint AS bytes`,
      ),
    );
    return row.bytes;
  }
}
