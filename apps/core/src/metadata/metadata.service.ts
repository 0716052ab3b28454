import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ProjectIdentity } from '@haven/http';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import type { Actor } from '../security/actor.decorator.js';
import { normalizeMetadata } from './metadata-value.js';
import { MetadataRepository, type Metadata } from './metadata.repository.js';

/** One key of a project's metadata at a time. */
@Injectable()
export class MetadataService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(MetadataRepository) private readonly metadata: MetadataRepository,
  ) {}

  /** All keys, or the one that is named; a key that is not set is simply not there. */
  read(project: ProjectIdentity, name?: string): Promise<Metadata> {
    return this.metadata.read(project.projectId, name);
  }

  /** @param body one key with its value @throws AppError BAD_REQUEST, CONFLICT */
  async add(actor: Actor, project: ProjectIdentity, body: Metadata): Promise<void> {
    const [name, value] = normalizeOne(body);
    await this.change(actor, project, name, async (tx) => {
      if (await this.metadata.insert(tx, project.projectId, name, value)) return;
      throw Errors.conflict(`metadata ${name} already exists for project ${project.projectId}`);
    });
  }

  /** Sets a key, whether it was set before or not. @throws AppError BAD_REQUEST */
  async update(actor: Actor, project: ProjectIdentity, name: string, body: Metadata): Promise<void> {
    const [key, value] = normalizeOne(body);
    if (key !== name) throw Errors.badRequest(`the key in the body must be ${name}`);
    await this.change(actor, project, name, (tx) => this.metadata.write(tx, project.projectId, { [key]: value }));
  }

  async remove(actor: Actor, project: ProjectIdentity, name: string): Promise<void> {
    await this.change(actor, project, name, (tx) => this.metadata.remove(tx, project.projectId, name));
  }

  private async change(
    actor: Actor,
    project: ProjectIdentity,
    name: string,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    await this.store.transaction(async (tx) => {
      await work(tx);
      await recordAudit(tx, {
        projectId: project.projectId,
        operation: 'update',
        resourceType: 'project',
        resource: project.name,
        username: actor.username,
        sourceIp: actor.sourceIp,
      });
      if (name === 'public') await bumpAccessVersion(tx);
    });
  }
}

function normalizeOne(body: Metadata): [string, string] {
  const [name = '', value = ''] = Object.entries(body)[0] ?? [];
  return [name, normalizeMetadata(name, value)];
}
