import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { recordAudit, repairUsedBytes } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { requireStorageLimit } from '../project/project-rules.js';
import type { Actor } from '../security/actor.decorator.js';
import { QuotaRepository, type QuotaRow } from './quota.repository.js';
import type { QuotaBody } from './quota.schema.js';

/** How much each project may hold, and does. */
@Injectable()
export class QuotaService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(QuotaRepository) private readonly quotas: QuotaRepository,
  ) {}

  list(query: ListQuery): Promise<PageOf<QuotaRow>> {
    return this.quotas.list(query);
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number): Promise<QuotaRow> {
    return required(await this.quotas.find(this.store.sql, id), id);
  }

  /** A limit below what is used refuses further pushes, and takes nothing away. @throws AppError NOT_FOUND, BAD_REQUEST */
  async update(actor: Actor, id: number, body: QuotaBody): Promise<void> {
    const { storage, ...others } = body.hard ?? {};
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw Errors.badRequest(`unsupported resource type ${unknown}`);
    if (storage === undefined) throw Errors.badRequest('hard limit of storage is required');
    const hardBytes = requireStorageLimit(storage);
    await this.store.transaction(async (tx) => {
      const quota = required(await this.quotas.find(tx, id), id);
      await this.quotas.update(tx, id, hardBytes);
      await recordAudit(tx, {
        projectId: quota.projectId,
        operation: 'update',
        resourceType: 'project',
        resource: quota.projectName,
        username: actor.username,
        sourceIp: actor.sourceIp,
        description: `set storage quota of project ${quota.projectName} to ${hardBytes}`,
      });
    });
  }

  /** Counts anew what every project holds, and puts the running figures right, while pushes go on. */
  async sync(): Promise<void> {
    for (const projectId of await this.quotas.projectIds()) {
      await this.store.transaction((tx) => repairUsedBytes(tx, projectId));
    }
  }
}

function required(quota: QuotaRow | null, id: number): QuotaRow {
  if (quota === null) throw Errors.notFound(`quota ${id} not found`);
  return quota;
}
