import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { PROJECT_ADMIN } from '@haven/rbac';
import { entitiesOf, membershipsSql } from '../project/project-visibility.js';

const administers = statement(
  'user_administers_any',
  `SELECT EXISTS (SELECT 1 FROM (${membershipsSql('$1')}) AS own JOIN project USING (project_id)
                   WHERE own.role = ${PROJECT_ADMIN} AND NOT project.deleted) AS administers`,
);

@Injectable()
export class PermissionRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** Whether somebody is admin of any project. */
  async administersAny(principal: Principal): Promise<boolean> {
    return (await this.store.sql.one<{ administers: boolean }>(administers(entitiesOf(principal)))).administers;
  }
}
