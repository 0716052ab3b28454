import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { AccessService, refusal, type ListQuery, type PageOf } from '@haven/http';
import { ModelStore } from '@haven/models/orm';
import type { Action } from '@haven/rbac';
import { LabelRepository, type LabelRow } from './label.repository.js';
import { requireScope, type LabelBody, type LabelScope } from './label.schema.js';

/** Labels of the whole platform are kept by system administrators, those of a project by the project. */
@Injectable()
export class LabelService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(LabelRepository) private readonly labels: LabelRepository,
    @Inject(AccessService) private readonly access: AccessService,
  ) {}

  /** Those of the whole platform are for everybody to see. */
  async list(viewer: Principal, scope: LabelScope, query: ListQuery): Promise<PageOf<LabelRow>> {
    if (scope.scope === 'p') await this.require(viewer, scope, 'list');
    return this.labels.list(scope, query);
  }

  /** @throws AppError NOT_FOUND */
  get(viewer: Principal, id: number): Promise<LabelRow> {
    return this.reach(viewer, id, 'read');
  }

  /** @returns the id @throws AppError BAD_REQUEST, CONFLICT */
  async create(principal: Principal, body: LabelBody): Promise<number> {
    const scope = requireScope(body.scope, body.project_id);
    await this.require(principal, scope, 'create');
    const id = await this.store.transaction((tx) => this.labels.insert(tx, scope, body));
    if (id === null) throw Errors.conflict(`label ${body.name} already exists`);
    return id;
  }

  /** Scope and project stay what they are. @throws AppError NOT_FOUND, CONFLICT */
  async update(principal: Principal, id: number, body: LabelBody): Promise<void> {
    await this.reach(principal, id, 'update');
    const isDone = await this.store.transaction((tx) => this.labels.update(tx, id, body));
    if (!isDone) throw Errors.conflict(`label ${body.name} already exists`);
  }

  /** @throws AppError NOT_FOUND */
  async remove(principal: Principal, id: number): Promise<void> {
    await this.reach(principal, id, 'delete');
    await this.store.transaction((tx) => this.labels.remove(tx, id));
  }

  private async reach(viewer: Principal, id: number, action: Action): Promise<LabelRow> {
    const label = await this.labels.find(this.store.sql, id);
    // Who has not said who they are does not learn which labels there are.
    if (label === null) throw viewer.kind === 'anonymous' ? refusal(viewer) : Errors.notFound(`label ${id} not found`);
    await this.require(viewer, label, action);
    return label;
  }

  private async require(viewer: Principal, { scope, projectId }: LabelScope, action: Action): Promise<void> {
    if (scope === 'g') this.access.requireInSystem(viewer, 'label', action);
    else await this.access.requireInProject(viewer, { id: projectId }, 'label', action);
  }
}
