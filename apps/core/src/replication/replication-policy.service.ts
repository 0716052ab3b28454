import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { removeSchedule, saveSchedule } from '@haven/queue';
import type { Actor } from '../security/actor.decorator.js';
import { ReplicationPolicyRepository, type PolicyConflict, type PolicyRow } from './replication-policy.repository.js';
import { requirePolicy, type PolicyBody, type PolicyWishes } from './replication.schema.js';

/** What is copied where, and when. */
@Injectable()
export class ReplicationPolicyService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ReplicationPolicyRepository) private readonly policies: ReplicationPolicyRepository,
  ) {}

  list(query: ListQuery): Promise<PageOf<PolicyRow>> {
    return this.policies.list(query);
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number): Promise<PolicyRow> {
    const policy = await this.policies.find(id);
    if (policy === null) throw noPolicy(id);
    return policy;
  }

  /** @returns the id @throws AppError BAD_REQUEST, CONFLICT, NOT_FOUND for an unknown registry */
  async create(actor: Actor, body: PolicyBody): Promise<number> {
    const wishes = requirePolicy(body);
    return this.store.transaction(async (tx) => {
      const id = written(await this.policies.insert(tx, actor.username, wishes), wishes);
      await schedule(tx, id, wishes);
      return id;
    });
  }

  /** @throws AppError BAD_REQUEST, CONFLICT, NOT_FOUND */
  async update(id: number, body: PolicyBody): Promise<void> {
    const wishes = requirePolicy(body);
    await this.store.transaction(async (tx) => {
      if (!(await this.policies.hold(tx, id))) throw noPolicy(id);
      written(await this.policies.update(tx, id, wishes), wishes);
      await schedule(tx, id, wishes);
    });
  }

  /** What it is doing ends with it. @throws AppError NOT_FOUND */
  async remove(id: number): Promise<void> {
    await this.store.transaction(async (tx) => {
      if (!(await this.policies.hold(tx, id))) throw noPolicy(id);
      await removeSchedule(tx, 'REPLICATION', id);
      await this.policies.remove(tx, id);
    });
  }
}

export const noPolicy = (id: number): Error => Errors.notFound(`the replication policy ${id} not found`);

function written(result: number | PolicyConflict, wishes: PolicyWishes): number {
  if (result === 'name') throw Errors.conflict(`the replication policy ${wishes.name} already exists`);
  if (result === 'registry') {
    throw Errors.notFound(`registry ${wishes.sourceRegistryId ?? wishes.targetRegistryId ?? 0} not found`);
  }
  return result;
}

/** A policy has its place in the clock while it is enabled and its trigger says so. */
async function schedule(tx: Transaction, id: number, wishes: PolicyWishes): Promise<void> {
  if (wishes.triggerType !== 'scheduled' || !wishes.isEnabled) {
    await removeSchedule(tx, 'REPLICATION', id);
    return;
  }
  await saveSchedule(tx, {
    vendorType: 'REPLICATION',
    vendorId: id,
    cron: wishes.cron,
    lane: `replication:${id}`,
    parameters: { policyId: id },
  });
}
