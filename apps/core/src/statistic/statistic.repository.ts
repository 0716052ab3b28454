import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
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

  async count(viewer: Principal): Promise<Counts> {
    const visible = visibleTo(viewer, 1);
    const rows = await this.store.sql.rows<{ isPublic: boolean; projects: number; repositories: number }>(
      sql(
        `SELECT ${isPublicSql} AS "isPublic", count(*) AS projects,
                coalesce(sum(counted.repositories), 0)::bigint AS repositories
           FROM project LEFT JOIN (SELECT project_id, count(*) AS repositories FROM repository
                                    WHERE listed GROUP BY project_id) AS counted USING (project_id)
          WHERE NOT project.deleted AND ${visible.text} GROUP BY 1`,
        ...visible.values,
      ),
    );
    const open = rows.find((row) => row.isPublic);
    const closed = rows.find((row) => !row.isPublic);
    return {
      publicProjects: open?.projects ?? 0,
      publicRepositories: open?.repositories ?? 0,
      privateProjects: closed?.projects ?? 0,
      privateRepositories: closed?.repositories ?? 0,
    };
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
