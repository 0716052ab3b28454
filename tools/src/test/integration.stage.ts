import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDataFolder } from '../data-folder.ts';
import { findOwner } from '../owner.ts';
import { assignPorts } from '../ports.ts';
import { ensureCluster, postgresPart } from '../postgres.part.ts';
import { redisPart, writeRedisUrl } from '../redis.part.ts';
import { ensureSecrets } from '../secrets.ts';
import { ensureRunning, stopAll } from '../supervisor.ts';
import { databaseUrl } from './database-url.ts';
import type { Workshop } from './workshop.ts';

/** Tests against a throw-away PostgreSQL and Redis; the role may create databases of its own. */
export async function integration(shop: Workshop): Promise<void> {
  const owner = await findOwner();
  const data = await prepareDataFolder(join(shop.folder, 'integration'), owner);
  ensureSecrets(data, owner);
  const ports = await assignPorts(data);
  await ensureCluster(data, owner, 'CREATEDB');
  const records = join(shop.folder, 'api-records');
  try {
    await ensureRunning(postgresPart(data, owner, ports.postgres), data, owner);
    await ensureRunning(redisPart(data, owner, ports.redis), data, owner);
    await shop.jest('integration', {
      HAVEN_TEST_DATABASE_URL: databaseUrl(data, ports.postgres),
      HAVEN_TEST_REDIS_URL: readFileSync(writeRedisUrl(data, owner, ports.redis), 'utf8'),
      HAVEN_TEST_API_RECORDS: records,
    });
    await shop.call(process.execPath, [join(shop.checkout, 'apps/core/test/api-coverage.ts'), records]);
  } finally {
    await stopAll(data);
  }
}
