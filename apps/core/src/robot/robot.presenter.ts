import type { RobotGrant } from '@haven/auth';
import { compact, dateTime, keep } from '@haven/http';
import type { RobotRow } from './robot.repository.js';

function presentPermissions(grants: readonly RobotGrant[]): object[] {
  const blocks = Map.groupBy(grants, ({ kind, namespace }) => `${kind} ${namespace}`);
  return [...blocks.values()].map((block) => ({
    kind: block[0]?.kind,
    namespace: block[0]?.namespace,
    access: block.map(({ resource, action }) => ({ resource, action, effect: 'allow' })),
  }));
}

/** Harbor's Robot. @param prefix of every robot's log-in name */
export const presentRobot = (row: RobotRow, prefix: string): object =>
  compact({
    id: row.id,
    name: `${prefix}${row.name}`,
    description: row.description,
    level: row.projectId === 0 ? 'system' : 'project',
    duration: keep(row.durationDays),
    editable: keep(true),
    disable: keep(row.disabled),
    expires_at: row.expiresAtSeconds,
    permissions: presentPermissions(row.grants),
    creator_type: row.creatorType,
    creator_ref: row.creatorRef,
    creation_time: dateTime(row.creationTime),
    update_time: dateTime(row.updateTime),
  });

/** A robot that was just made, with its secret, which is never shown again. */
export interface CreatedRobot {
  id: number;
  name: string;
  secret: string;
  creationTime: Date;
  expiresAtSeconds: number;
}

/** Harbor's RobotCreated. */
export const presentCreatedRobot = (robot: CreatedRobot): object =>
  compact({
    id: robot.id,
    name: robot.name,
    secret: robot.secret,
    creation_time: dateTime(robot.creationTime),
    expires_at: robot.expiresAtSeconds,
  });
