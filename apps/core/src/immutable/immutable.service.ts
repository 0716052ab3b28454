import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf, ProjectIdentity } from '@haven/http';
import { recordAudit } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import type { Actor } from '../security/actor.decorator.js';
import { ImmutableRepository, type ImmutableRuleRow } from './immutable.repository.js';
import { requireTagFilter, type ImmutableRuleBody } from './immutable.schema.js';

/** Which tags of a project cannot be moved or removed. */
@Injectable()
export class ImmutableService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ImmutableRepository) private readonly rules: ImmutableRepository,
  ) {}

  list(project: ProjectIdentity, query: ListQuery): Promise<PageOf<ImmutableRuleRow>> {
    return this.rules.list(project.projectId, query);
  }

  /** @returns the id @throws AppError BAD_REQUEST, CONFLICT for the very same rule */
  async create(actor: Actor, project: ProjectIdentity, body: ImmutableRuleBody): Promise<number> {
    const filter = requireTagFilter(body);
    return this.store.transaction(async (tx) => {
      const id = await this.rules.insert(tx, project.projectId, filter, body.disabled);
      if (id === null) throw sameRule();
      await record(tx, actor, project);
      return id;
    });
  }

  /** A body that switches the rule on or off does only that, as with Harbor. @throws AppError NOT_FOUND, CONFLICT */
  async update(actor: Actor, project: ProjectIdentity, id: number, body: ImmutableRuleBody): Promise<void> {
    await this.store.transaction(async (tx) => {
      const rule = required(await this.rules.hold(tx, project.projectId, id), id);
      const filter = body.disabled === rule.disabled ? requireTagFilter(body) : rule.filter;
      if (!(await this.rules.update(tx, id, filter, body.disabled))) throw sameRule();
      await record(tx, actor, project);
    });
  }

  /** @throws AppError NOT_FOUND */
  async remove(actor: Actor, project: ProjectIdentity, id: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      required(await this.rules.hold(tx, project.projectId, id), id);
      await this.rules.remove(tx, id);
      await record(tx, actor, project);
    });
  }
}

const sameRule = (): Error => Errors.conflict('the project has the same immutable rule already');

function required(rule: ImmutableRuleRow | null, id: number): ImmutableRuleRow {
  if (rule === null) throw Errors.notFound(`immutable rule ${id} not found`);
  return rule;
}

const record = (tx: Transaction, actor: Actor, { projectId, name }: ProjectIdentity): Promise<void> =>
  recordAudit(tx, {
    projectId,
    operation: 'update',
    resourceType: 'project',
    resource: name,
    username: actor.username,
    sourceIp: actor.sourceIp,
    description: `change immutable tag rules of project ${name}`,
  });
