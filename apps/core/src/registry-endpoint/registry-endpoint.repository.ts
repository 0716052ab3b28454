import { Inject, Injectable } from '@nestjs/common';
import { buildListSql, type ListQuery, type ListShape, type PageOf } from '@haven/http';
import { brokenConstraint, endpointColumns, sql, statement, type StoredEndpoint } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { selectPage } from '../database/select-page.js';

export type Health = 'unknown' | 'healthy' | 'unhealthy';

export interface RegistryRow extends StoredEndpoint {
  description: string;
  health: Health;
  creationTime: Date;
  updateTime: Date;
}

/** What is written of a registry. */
export type RegistryFields = Omit<RegistryRow, 'id' | 'health' | 'creationTime' | 'updateTime'>;

/** A registry that is to be looked at, and until when nobody else does. */
export interface ClaimedCheck extends StoredEndpoint {
  claim: string;
  health: Health;
}

const columns = `${endpointColumns}, registry.description, registry.health,
  registry.creation_time AS "creationTime", registry.update_time AS "updateTime"`;

const shape: ListShape = {
  fields: {
    id: { column: 'registry.id', type: 'int' },
    name: { column: 'registry.name', type: 'string' },
    url: { column: 'registry.url', type: 'string' },
    type: { column: 'registry.type', type: 'string' },
    status: { column: 'registry.health', type: 'string' },
    insecure: { column: 'registry.insecure', type: 'bool' },
    creation_time: { column: 'registry.creation_time', type: 'time' },
    update_time: { column: 'registry.update_time', type: 'time' },
  },
  defaultSort: 'name',
  idColumn: 'registry.id',
};

const find = statement('registry_find', `SELECT ${columns} FROM registry WHERE registry.id = $1::bigint`);
const written = `name, type, url, insecure, ca_certificate, credential_type, access_key, access_secret, description`;
const valuesOf = (fields: RegistryFields): unknown[] => [
  ...[fields.name, fields.type, fields.url, fields.insecure, fields.caCertificate],
  ...[fields.credentialType, fields.accessKey, fields.sealedSecret, fields.description],
];
/** What is written has just been looked at. */
const insert = `INSERT INTO registry (${written}, health, checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'healthy', now())
  ON CONFLICT DO NOTHING RETURNING id`;
const update = `UPDATE registry SET (${written}, health, health_message, checked_at, next_check_at, update_time) =
    ($2, $3, $4, $5, $6, $7, $8, $9, $10, 'healthy', '', now(), now(), now()) WHERE id = $1`;
const isProxied = statement(
  'registry_is_proxied',
  'SELECT 1 FROM project WHERE registry_id = $1 AND NOT deleted LIMIT 1',
);
const claim = statement(
  'registry_claim_check',
  `UPDATE registry SET next_check_at = now() + $1 * interval '1 second'
    WHERE id = (SELECT id FROM registry WHERE next_check_at <= now() ORDER BY next_check_at LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING ${endpointColumns}, registry.health, registry.next_check_at::text AS claim`,
);
/** Unless somebody has changed the registry, or looked at it, since it was claimed. */
const settle = statement(
  'registry_settle_check',
  `UPDATE registry SET health = $3, health_message = $4, checked_at = now()
    WHERE id = $1 AND next_check_at = $2::text::timestamptz`,
);

@Injectable()
export class RegistryEndpointRepository {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  list(query: ListQuery): Promise<PageOf<RegistryRow>> {
    const source = { table: 'registry', idColumn: shape.idColumn, columns, where: 'true', values: [] };
    return selectPage<RegistryRow>(this.store.sql, source, buildListSql(query, shape, 1));
  }

  find(id: number): Promise<RegistryRow | null> {
    return this.store.sql.maybe<RegistryRow>(find(id));
  }

  /** Names of the labels of the whole platform. */
  async labels(): Promise<string[]> {
    const rows = await this.store.sql.rows<{ name: string }>(
      sql(`SELECT name FROM harbor_label WHERE scope = 'g' ORDER BY name`),
    );
    return rows.map(({ name }) => name);
  }

  /** @returns the id, or null when there is one of that name */
  async insert(tx: Transaction, fields: RegistryFields): Promise<number | null> {
    return (await tx.maybe<{ id: number }>(sql(insert, ...valuesOf(fields))))?.id ?? null;
  }

  /** @returns whether it is done; a name that another one has loses the transaction */
  async update(tx: Transaction, id: number, fields: RegistryFields): Promise<'done' | 'gone' | 'conflict'> {
    try {
      return (await tx.run(sql(update, id, ...valuesOf(fields)))) === 1 ? 'done' : 'gone';
    } catch (error) {
      if (brokenConstraint(error) === 'registry__name') return 'conflict';
      throw error;
    }
  }

  /** Whoever refers to it by a key of the database keeps it; that loses the transaction. */
  async remove(tx: Transaction, id: number): Promise<'done' | 'replicated' | 'proxied'> {
    await tx.run(sql('SELECT 1 FROM registry WHERE id = $1 FOR UPDATE', id));
    if ((await tx.maybe(isProxied(id))) !== null) return 'proxied';
    try {
      await tx.run(sql('DELETE FROM registry WHERE id = $1', id));
      return 'done';
    } catch (error) {
      if (brokenConstraint(error)?.startsWith('replication_policy') === true) return 'replicated';
      throw error;
    }
  }

  /** Takes one registry that is due, so that no other replica looks at it for so many seconds; null when none is. */
  claimCheck(everySeconds: number): Promise<ClaimedCheck | null> {
    return this.store.sql.maybe<ClaimedCheck>(claim(everySeconds));
  }

  async settleCheck({ id, claim: held }: ClaimedCheck, health: Health, message: string): Promise<void> {
    await this.store.sql.run(settle(id, held, health, message));
  }
}
