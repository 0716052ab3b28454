import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { ListQuery, PageOf } from '@haven/http';
import { recordAudit, type AuditOperation } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { isRemoteType, RegistryError } from '@haven/registry-client';
import type { Actor } from '../security/actor.decorator.js';
import { RegistryEndpointRepository, type RegistryFields, type RegistryRow } from './registry-endpoint.repository.js';
import {
  maskedSecret,
  requireUrl,
  type RegistryBody,
  type RegistryPing,
  type RegistryUpdate,
} from './registry-endpoint.schema.js';
import { RegistryProbe } from './registry-probe.service.js';

/** What can be done with a registry as an end of replication. */
export interface RegistryAbilities {
  type: string;
  /** Names of labels that artifacts can be found by; null when they cannot. */
  labels: string[] | null;
  copyByChunk: boolean;
  isLocal: boolean;
}

const blank: RegistryFields = {
  ...{ name: '', type: '', url: '', insecure: false, caCertificate: '', description: '' },
  ...{ credentialType: '', accessKey: '', sealedSecret: '' },
};

/** Registries elsewhere. None is taken that does not answer. */
@Injectable()
export class RegistryEndpointService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(RegistryEndpointRepository) private readonly registries: RegistryEndpointRepository,
    @Inject(RegistryProbe) private readonly probe: RegistryProbe,
  ) {}

  list(query: ListQuery): Promise<PageOf<RegistryRow>> {
    return this.registries.list(query);
  }

  /** @throws AppError NOT_FOUND */
  async get(id: number): Promise<RegistryRow> {
    const registry = await this.registries.find(id);
    if (registry === null) throw noRegistry(id);
    return registry;
  }

  /** @returns the id @throws AppError BAD_REQUEST, also when it is not healthy, CONFLICT */
  async create(actor: Actor, body: RegistryBody): Promise<number> {
    const fields = this.changed({ ...blank, type: body.type ?? '' }, body);
    requireName(fields.name);
    await this.requireHealthy(fields);
    return this.store.transaction(async (tx) => {
      const id = await this.registries.insert(tx, fields);
      if (id === null) throw nameIsTaken(fields.name);
      await record(tx, actor, 'create', fields.name);
      return id;
    });
  }

  /** Changes what is given. @throws AppError BAD_REQUEST, also when it would not be healthy, NOT_FOUND, CONFLICT */
  async update(actor: Actor, id: number, body: RegistryUpdate): Promise<void> {
    const fields = this.changed(await this.get(id), body);
    requireName(fields.name);
    await this.requireHealthy(fields);
    await this.store.transaction(async (tx) => {
      const result = await this.registries.update(tx, id, fields);
      if (result === 'conflict') throw nameIsTaken(fields.name);
      if (result === 'gone') throw noRegistry(id);
      await record(tx, actor, 'update', fields.name);
    });
  }

  /** @throws AppError NOT_FOUND, PRECONDITION while policies or proxy caches use it */
  async remove(actor: Actor, id: number): Promise<void> {
    const { name } = await this.get(id);
    await this.store.transaction(async (tx) => {
      const result = await this.registries.remove(tx, id);
      if (result !== 'done') {
        const user = result === 'proxied' ? 'proxy cache project' : 'replication policies';
        throw Errors.precondition(`the registry ${id} is referenced by ${user}, cannot delete it`);
      }
      await record(tx, actor, 'delete', name);
    });
  }

  /**
   * Asks a stored registry, or one that is not stored. Of a stored one only the credentials can be others for a try: its
   * secret goes nowhere else than where it always goes.
   * @throws AppError BAD_REQUEST when it is not healthy, NOT_FOUND
   */
  async ping({ id, type = '', ...body }: RegistryPing): Promise<void> {
    if (id === undefined) return this.requireHealthy(this.changed({ ...blank, type }, body));
    const { credential_type, access_key, access_secret } = body;
    await this.requireHealthy(this.changed(await this.get(id), { credential_type, access_key, access_secret }));
  }

  /** @param id 0 stands for this platform @throws AppError NOT_FOUND, UNAVAILABLE when its labels cannot be asked for */
  async abilities(id: number): Promise<RegistryAbilities> {
    if (id === 0) return { type: 'harbor', labels: await this.registries.labels(), copyByChunk: true, isLocal: true };
    const registry = await this.get(id);
    try {
      const remote = this.probe.remote(registry);
      const { copyByChunk } = remote.capabilities;
      return { type: registry.type, labels: await this.probe.labels(remote), copyByChunk, isLocal: false };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      throw Errors.unavailable(`the registry cannot be asked: ${error.message}`, { cause: error });
    }
  }

  /** What a registry is with the given fields in place of its own. @throws AppError BAD_REQUEST */
  private changed(own: RegistryFields, body: Partial<RegistryUpdate>): RegistryFields {
    const url = body.url === undefined ? own.url : requireUrl(body.url);
    const secret = body.access_secret === maskedSecret ? undefined : body.access_secret;
    // A secret that was meant for one host is not shown to another.
    const kept = url === own.url ? own.sealedSecret : '';
    return {
      name: body.name ?? own.name,
      type: own.type,
      url,
      insecure: body.insecure ?? own.insecure,
      caCertificate: body.ca_certificate ?? own.caCertificate,
      credentialType: body.credential_type ?? own.credentialType,
      accessKey: body.access_key ?? own.accessKey,
      sealedSecret: secret === undefined ? kept : this.probe.seal(secret),
      description: body.description ?? own.description,
    };
  }

  private async requireHealthy(fields: RegistryFields): Promise<void> {
    if (fields.type === '' || fields.url === '') throw Errors.badRequest('type or url cannot be empty');
    if (!isRemoteType(fields.type)) throw Errors.badRequest(`adapter for ${fields.type} not found`);
    const ailment = await this.probe.whatAils({ id: 0, ...fields });
    if (ailment !== null) throw Errors.badRequest(`the registry is unhealthy: ${ailment}`);
  }
}

const noRegistry = (id: number): Error => Errors.notFound(`registry ${id} not found`);
const nameIsTaken = (name: string): Error => Errors.conflict(`registry ${name} already exists`);

function requireName(name: string): void {
  if (name === '') throw Errors.badRequest('name cannot be empty');
}

const record = (tx: Transaction, actor: Actor, operation: AuditOperation, resource: string): Promise<void> =>
  recordAudit(tx, {
    ...{ operation, resource, resourceType: 'registry' },
    ...{ username: actor.username, sourceIp: actor.sourceIp },
  });
