import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { serviceFile, type DataFolder } from './data-folder.ts';
import type { Owner } from './owner.ts';

/** Files that each hold one secret: 32 random bytes as 64 hexadecimal digits. */
export const secretFiles = (data: DataFolder) => ({
  databasePassword: join(data.secrets, 'database-password'),
  redisPassword: join(data.secrets, 'redis-password'),
  internalSecret: join(data.secrets, 'internal-secret'),
  secretKey: join(data.secrets, 'secret-key'),
});

/** Makes the secrets that are missing; one that exists is never changed. */
export function ensureSecrets(data: DataFolder, owner: Owner): void {
  for (const file of Object.values(secretFiles(data))) {
    if (existsSync(file)) continue;
    // Renamed into place, so that a crash cannot leave half a secret.
    serviceFile(`${file}.new`, randomBytes(32).toString('hex'), owner);
    renameSync(`${file}.new`, file);
  }
}
