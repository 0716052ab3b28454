import { statement, type Sql } from '../database/sql.js';

/** A registry elsewhere, as it is stored. */
export interface StoredEndpoint {
  id: number;
  name: string;
  type: string;
  url: string;
  insecure: boolean;
  /** PEM; empty when there is none. */
  caCertificate: string;
  credentialType: string;
  accessKey: string;
  /** As `SecretBox` of libs/auth has sealed it; empty when there is none. */
  sealedSecret: string;
}

/** What makes a {@link StoredEndpoint} of a row of `registry`. */
export const endpointColumns = `registry.id, registry.name, registry.type, registry.url, registry.insecure,
  registry.ca_certificate AS "caCertificate", registry.credential_type AS "credentialType",
  registry.access_key AS "accessKey", registry.access_secret AS "sealedSecret"`;

const find = statement('registry_endpoint', `SELECT ${endpointColumns} FROM registry WHERE registry.id = $1::bigint`);

/** @returns null when there is no such registry */
export const findEndpoint = (db: Sql, id: number): Promise<StoredEndpoint | null> => db.maybe<StoredEndpoint>(find(id));
