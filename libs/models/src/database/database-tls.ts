import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** As libpq's sslmode: what is checked of the server's certificate. */
export type DatabaseTls = 'disable' | 'require' | 'verify-ca' | 'verify-full';

interface TlsSettings {
  host: string;
  tls?: DatabaseTls;
  caFile?: string;
}

/** How connections are encrypted, for node-postgres; false for not at all. @throws when the file cannot be read */
export function tlsOptions({ host, tls = 'disable', caFile = '' }: TlsSettings): false | ConnectionOptions {
  if (tls === 'disable') return false;
  if (tls === 'require') return { rejectUnauthorized: false };
  const authorities = caFile === '' ? {} : { ca: readFileSync(caFile) };
  // An address is no server name, and would not be compared otherwise.
  if (tls === 'verify-full') return { host, ...authorities };
  return { ...authorities, checkServerIdentity: () => undefined };
}
