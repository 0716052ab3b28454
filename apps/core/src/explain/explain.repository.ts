import { Inject, Injectable } from '@nestjs/common';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';

/** One membership of somebody in a project, own or through a group. */
export interface Membership {
  role: number;
  roleName: string;
  /** Null for the user's own. */
  groupName: string | null;
}

const memberships = statement(
  'explain_memberships',
  `SELECT member.role, role.name AS "roleName", user_group.group_name AS "groupName"
     FROM project_member member JOIN role ON role.role_id = member.role
     LEFT JOIN user_group ON member.entity_type = 'g' AND user_group.id = member.entity_id
    WHERE member.project_id = $1 AND member.entity_type || member.entity_id = ANY ($2::text[])
    ORDER BY "groupName" NULLS FIRST`,
);
const hasTag = statement(
  'explain_has_tag',
  `SELECT 1 FROM repository JOIN tag USING (repository_id) WHERE repository.name = $1 AND tag.name = $2`,
);

@Injectable()
export class ExplainRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** @param entities such as `u7` and `g3` */
  memberships(projectId: number, entities: readonly string[]): Promise<Membership[]> {
    return this.store.sql.rows<Membership>(memberships(projectId, entities));
  }

  async hasTag(repository: string, tag: string): Promise<boolean> {
    return (await this.store.sql.maybe(hasTag(repository, tag))) !== null;
  }
}
