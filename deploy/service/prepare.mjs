// Makes the secrets of a compose project that are missing; one that exists is never changed. Each group of them lies in
// a volume of its own, so that a container sees only what it needs.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const root = '/run/haven';
const hex = () => randomBytes(32).toString('hex');

/** @returns what the file holds */
function ensure(file, make, mode = 0o400) {
  const path = `${root}/${file}`;
  if (!existsSync(path)) {
    // Renamed into place, so that a crash cannot leave half a secret.
    writeFileSync(`${path}.new`, make(), { mode });
    renameSync(`${path}.new`, path);
    console.log(`made ${file}`);
  }
  return readFileSync(path, 'utf8');
}

const databasePassword = ensure('platform/database-password', hex);
// Read by PostgreSQL's and Redis's own users, whoever they are in their images.
ensure('database/password', () => databasePassword, 0o444);
const redisPassword = ensure('platform/redis-password', hex);
ensure('platform/redis-url', () => `redis://:${redisPassword}@redis:6379/0`);
ensure(
  'redis/redis.conf',
  () => ['save ""', 'appendonly no', 'maxmemory-policy noeviction', `requirepass ${redisPassword}`, ''].join('\n'),
  0o444,
);
ensure('platform/internal-secret', hex);
ensure('platform/secret-key', hex);
ensure(
  'platform/admin-password',
  () => process.env.HAVEN_ADMIN_PASSWORD || `${randomBytes(12).toString('base64url')}Aa1`,
);
