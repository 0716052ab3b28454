import { Inject, Injectable } from '@nestjs/common';
import type { Principal, RobotGrant } from '@haven/auth';
import { Errors } from '@haven/errors';
import { AccessService, type ListQuery, type PageOf } from '@haven/http';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import type { Action } from '@haven/rbac';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Actor } from '../security/actor.decorator.js';
import {
  expiryOf,
  isStrongSecret,
  isWithin,
  newSecret,
  requestedGrants,
  requireDuration,
  requireLevel,
  requireRobotName,
  storeSecret,
} from './robot-rules.js';
import type { CreatedRobot } from './robot.presenter.js';
import { RobotRepository, type RobotRow } from './robot.repository.js';
import type { RobotCreation, RobotUpdate } from './robot.schema.js';

/** Robots of the system are for its administrators, those of a project for the project's. */
@Injectable()
export class RobotService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(RobotRepository) private readonly robots: RobotRepository,
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** What every robot's log-in name begins with. */
  get prefix(): string {
    return this.configuration.value('robot_name_prefix');
  }

  /** @param projectId 0 for robots of the system */
  async list(viewer: Principal, projectId: number, query: ListQuery): Promise<PageOf<RobotRow>> {
    await this.require(viewer, projectId === 0 ? null : { id: projectId }, 'list');
    return this.robots.list(projectId, query);
  }

  /** @throws AppError NOT_FOUND */
  get(viewer: Principal, id: number): Promise<RobotRow> {
    return this.reach(viewer, id, 'read');
  }

  /** @throws AppError BAD_REQUEST, NOT_FOUND (a project that it names), CONFLICT, DENIED (more rights than a robot has itself) */
  async create(actor: Actor, body: RobotCreation): Promise<CreatedRobot> {
    const level = requireLevel(body.level);
    const name = requireRobotName(body.name);
    const durationDays = requireDuration(body.duration);
    const grants = requestedGrants(level, body.permissions);
    const project = level === 'project' ? (grants[0]?.namespace ?? '') : null;
    await this.require(actor.principal, project === null ? null : { name: project }, 'create');
    requireOwn(actor.principal, grants);
    const secret = newSecret();
    const expiresAtSeconds = expiryOf(new Date(), durationDays);
    const fullName = project === null ? name : `${project}+${name}`;
    const made = await this.store.transaction(async (tx) => {
      const projectIds = await this.holdProjects(tx, grants);
      const robot = await this.robots.insert(tx, {
        name: fullName,
        description: body.description,
        projectId: project === null ? 0 : (projectIds.get(project) ?? 0),
        ...storeSecret(secret),
        durationDays,
        expiresAtSeconds,
        ...creatorOf(actor.principal),
      });
      await this.robots.replaceGrants(tx, robot.id, grants);
      await record(tx, actor, 'create', { name: fullName, projectId: projectIds.get(project ?? '') ?? 0 }, this.prefix);
      return robot;
    });
    return { ...made, name: `${this.prefix}${fullName}`, secret, expiresAtSeconds };
  }

  /** @throws AppError NOT_FOUND, BAD_REQUEST, also for another name or level than it has */
  async update(actor: Actor, id: number, body: RobotUpdate): Promise<void> {
    const robot = await this.reach(actor.principal, id, 'update');
    const level = robot.projectId === 0 ? 'system' : 'project';
    if (body.level !== level || body.name !== `${this.prefix}${robot.name}`) {
      throw Errors.badRequest('cannot update the level or name of robot');
    }
    const durationDays = requireDuration(body.duration);
    const grants = requestedGrants(level, body.permissions);
    requireOwn(actor.principal, grants);
    await this.store.transaction(async (tx) => {
      const projectIds = await this.holdProjects(tx, grants);
      if (level === 'project' && [...projectIds.values()].some((projectId) => projectId !== robot.projectId)) {
        throw Errors.badRequest('a robot of a project has rights in that project only');
      }
      const expiresAtSeconds = expiryOf(robot.creationTime, durationDays);
      const { description, disable: disabled } = body;
      await this.robots.update(tx, id, { description, disabled, durationDays, expiresAtSeconds });
      await this.robots.replaceGrants(tx, id, grants);
      await record(tx, actor, 'update', robot, this.prefix);
      await bumpAccessVersion(tx);
    });
  }

  /** @param given a new secret, or empty for one that is made here @returns the one that was made; null for the given one */
  async refreshSecret(actor: Actor, id: number, given: string): Promise<string | null> {
    const robot = await this.reach(actor.principal, id, 'update');
    if (given !== '' && !isStrongSecret(given)) {
      throw Errors.badRequest(
        'the secret must be longer than 8 chars with at least 1 uppercase letter, 1 lowercase letter and 1 number',
      );
    }
    const made = given === '' ? newSecret() : null;
    await this.store.transaction(async (tx) => {
      await this.robots.updateSecret(tx, id, storeSecret(made ?? given));
      await record(tx, actor, 'update', robot, this.prefix);
      await bumpAccessVersion(tx);
    });
    return made;
  }

  /** @throws AppError NOT_FOUND */
  async remove(actor: Actor, id: number): Promise<void> {
    const robot = await this.reach(actor.principal, id, 'delete');
    await this.store.transaction(async (tx) => {
      await this.robots.remove(tx, id);
      await record(tx, actor, 'delete', robot, this.prefix);
      await bumpAccessVersion(tx);
    });
  }

  private async reach(viewer: Principal, id: number, action: Action): Promise<RobotRow> {
    const robot = await this.robots.find(this.store.sql, id);
    if (robot === null) throw Errors.notFound(`robot ${id} not found`);
    await this.require(viewer, robot.projectId === 0 ? null : { id: robot.projectId }, action);
    return robot;
  }

  private async require(
    viewer: Principal,
    project: { id: number } | { name: string } | null,
    action: Action,
  ): Promise<void> {
    if (project === null) this.access.requireInSystem(viewer, 'robot', action);
    else await this.access.requireInProject(viewer, project, 'robot', action);
  }

  /** Ids of the projects that grants name. @throws AppError NOT_FOUND for one that is not there */
  private async holdProjects(tx: Transaction, grants: readonly RobotGrant[]): Promise<ReadonlyMap<string, number>> {
    const named = grants.filter(({ kind, namespace }) => kind === 'project' && namespace !== '*');
    const ids = new Map<string, number>();
    for (const name of [...new Set(named.map(({ namespace }) => namespace))].sort()) {
      const id = await this.robots.holdProject(tx, name);
      if (id === null) throw Errors.notFound(`project ${name} not found`);
      ids.set(name, id);
    }
    return ids;
  }
}

function requireOwn(principal: Principal, grants: readonly RobotGrant[]): void {
  if (principal.kind !== 'robot' || isWithin(grants, principal.grants)) return;
  throw Errors.denied('permission scope is invalid. It must be equal to or more restrictive than the creator robot');
}

const creatorOf = (principal: Principal): { creatorType: string; creatorRef: number } =>
  principal.kind === 'robot'
    ? { creatorType: 'robot', creatorRef: principal.robotId }
    : { creatorType: 'local', creatorRef: principal.kind === 'user' ? principal.userId : 0 };

const record = (
  tx: Transaction,
  actor: Actor,
  operation: 'create' | 'update' | 'delete',
  { name, projectId }: Pick<RobotRow, 'name' | 'projectId'>,
  prefix: string,
): Promise<void> =>
  recordAudit(tx, {
    projectId,
    operation,
    resourceType: 'robot',
    resource: `${prefix}${name}`,
    username: actor.username,
    sourceIp: actor.sourceIp,
  });
