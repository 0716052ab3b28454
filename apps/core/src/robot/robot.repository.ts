import { Inject, Injectable } from '@nestjs/common';
import type { RobotGrant } from '@haven/auth';
import { Errors } from '@haven/errors';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, sql, statement, type Sql } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';
import type { StoredSecret } from './robot-rules.js';

export interface RobotRow {
  id: number;
  /** Without the prefix of log-ins. */
  name: string;
  description: string;
  /** 0 for a robot of the system. */
  projectId: number;
  durationDays: number;
  expiresAtSeconds: number;
  disabled: boolean;
  creatorType: string;
  creatorRef: number;
  creationTime: Date;
  updateTime: Date;
  grants: readonly RobotGrant[];
}

/** What a log-in is held against. */
export type RobotAccount = Pick<RobotRow, 'id' | 'name' | 'grants'> & StoredSecret & { isUsable: boolean };

export type NewRobot = Omit<RobotRow, 'id' | 'disabled' | 'creationTime' | 'updateTime' | 'grants'> & StoredSecret;

/** Grants by the names that projects have now; those in a project that is gone are gone with it. */
const grants = `(SELECT coalesce(json_agg(json_build_object(
    'kind', permission.kind,
    'namespace', CASE WHEN permission.kind = 'system' THEN '/' WHEN permission.project_id = 0 THEN '*' ELSE project.name END,
    'resource', permission.resource, 'action', permission.action)
    ORDER BY permission.kind DESC, project.name, permission.resource, permission.action), '[]')
   FROM robot_permission permission LEFT JOIN project ON project.project_id = permission.project_id
  WHERE permission.robot_id = robot.id AND (permission.project_id = 0 OR NOT project.deleted)) AS grants`;

const columns = `robot.id, robot.name, robot.description, robot.project_id AS "projectId",
  robot.duration AS "durationDays", robot.expiresat AS "expiresAtSeconds", robot.disabled,
  robot.creator_type AS "creatorType", robot.creator_ref AS "creatorRef",
  robot.creation_time AS "creationTime", robot.update_time AS "updateTime", ${grants}`;

const find = statement('robot_find', `SELECT ${columns} FROM robot WHERE robot.id = $1::bigint AND robot.visible`);
const account = statement(
  'robot_account',
  `SELECT robot.id, robot.name, robot.secret, robot.salt, ${grants},
          NOT robot.disabled AND (robot.expiresat = -1 OR robot.expiresat > extract(epoch FROM now())) AS "isUsable"
     FROM robot WHERE robot.name = $1`,
);
const insert = statement(
  'robot_insert',
  `INSERT INTO robot (name, description, project_id, secret, salt, duration, expiresat, creator_type, creator_ref)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id, creation_time AS "creationTime"`,
);
const grant = statement(
  'robot_grant',
  `INSERT INTO robot_permission (robot_id, kind, project_id, resource, action)
   SELECT $1, wanted.kind, coalesce(project.project_id, 0), wanted.resource, wanted.action
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS wanted (kind, namespace, resource, action)
     LEFT JOIN project ON project.name = wanted.namespace AND wanted.kind = 'project' AND NOT project.deleted
   ON CONFLICT DO NOTHING`,
);

const shape: ListShape = {
  fields: {
    name: { column: 'robot.name', type: 'string' },
    disabled: { column: 'robot.disabled', type: 'bool' },
    expiresat: { column: 'robot.expiresat', type: 'int' },
    creation_time: { column: 'robot.creation_time', type: 'time' },
    update_time: { column: 'robot.update_time', type: 'time' },
  },
  defaultSort: '-creation_time',
  idColumn: 'robot.id',
};

@Injectable()
export class RobotRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  /** Robots of a project, or of the system (0), that are not for the platform's own use. */
  list(projectId: number, query: ListQuery): Promise<PageOf<RobotRow>> {
    const list = buildListSql(query, shape, 2);
    const where = 'robot.project_id = $1 AND robot.visible';
    return selectPage<RobotRow>(
      this.store.sql,
      { table: 'robot', idColumn: shape.idColumn, columns, where, values: [projectId] },
      list,
    );
  }

  find(db: Sql, id: number): Promise<RobotRow | null> {
    return db.maybe<RobotRow>(find(id));
  }

  /** By the name that follows the prefix. */
  findAccount(name: string): Promise<RobotAccount | null> {
    return this.store.sql.maybe<RobotAccount>(account(name));
  }

  /** @throws AppError CONFLICT when there is a robot of that name */
  async insert(tx: Transaction, robot: NewRobot): Promise<{ id: number; creationTime: Date }> {
    const { name, description, projectId, secret, salt, durationDays, expiresAtSeconds, creatorType, creatorRef } =
      robot;
    try {
      return await tx.one(
        insert(name, description, projectId, secret, salt, durationDays, expiresAtSeconds, creatorType, creatorRef),
      );
    } catch (error) {
      if (brokenConstraint(error) !== 'robot__name') throw error;
      throw Errors.conflict(`robot account ${name} already exists`, { cause: error });
    }
  }

  async update(
    tx: Transaction,
    id: number,
    change: Pick<RobotRow, 'description' | 'disabled' | 'durationDays' | 'expiresAtSeconds'>,
  ): Promise<void> {
    const { description, disabled, durationDays, expiresAtSeconds } = change;
    await tx.run(
      sql(
        `UPDATE robot SET description = $2, disabled = $3, duration = $4, expiresat = $5, update_time = now() WHERE id = $1`,
        ...[id, description, disabled, durationDays, expiresAtSeconds],
      ),
    );
  }

  async updateSecret(tx: Transaction, id: number, { secret, salt }: StoredSecret): Promise<void> {
    await tx.run(sql('UPDATE robot SET secret = $2, salt = $3, update_time = now() WHERE id = $1', id, secret, salt));
  }

  /** Puts these grants in the place of all that the robot has. The projects that they name have to exist. */
  async replaceGrants(tx: Transaction, id: number, wanted: readonly RobotGrant[]): Promise<void> {
    await tx.run(sql('DELETE FROM robot_permission WHERE robot_id = $1', id));
    const column = (name: keyof RobotGrant): string[] => wanted.map((entry) => entry[name]);
    await tx.run(grant(id, column('kind'), column('namespace'), column('resource'), column('action')));
  }

  async remove(tx: Transaction, id: number): Promise<void> {
    await tx.run(sql('DELETE FROM robot WHERE id = $1', id));
  }

  /** The id of a project that is there, held so that it is not deleted meanwhile; null when there is none. */
  async holdProject(tx: Transaction, name: string): Promise<number | null> {
    const row = await tx.maybe<{ id: number }>(
      sql('SELECT project_id AS id FROM project WHERE name = $1 AND NOT deleted FOR KEY SHARE', name),
    );
    return row?.id ?? null;
  }
}
