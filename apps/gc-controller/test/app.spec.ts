import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Database, sql } from '@haven/models';
import { createLogger } from '@haven/observability';
import { startExecution } from '@haven/queue';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@haven/testing';
import { createGcApp } from '../src/gc-app.js';
import { readGcConfig } from '../src/gc.config.js';

let test: TestDatabase;
let db: Database;
let root: string;

beforeAll(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'gc-app-test', connections: 2 });
  root = await mkdtemp(join(tmpdir(), 'haven-gc-'));
});
afterAll(async () => {
  await db.close();
  await test.drop();
  await rm(root, { recursive: true });
});

/** A Redis database of this file's own: the names of the queues are fixed. */
function redisUrl(): string {
  const url = new URL(testRedisUrl());
  url.pathname = '/11';
  return url.href;
}

/** Asks until the execution is over, for ten seconds at most. */
async function ended(id: number): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { status } = await db.one<{ status: string }>(sql('SELECT status FROM execution WHERE id = $1', id));
    if (status !== 'Running') return status;
    await delay(100);
  }
  return 'still running';
}

describe('gc-controller', () => {
  it('runs a collection that somebody asked for', async () => {
    const { host, port, name, user, password } = test.settings;
    const config = readGcConfig({
      HAVEN_DATABASE_HOST: host,
      HAVEN_DATABASE_PORT: String(port),
      HAVEN_DATABASE_NAME: name,
      HAVEN_DATABASE_USER: user,
      HAVEN_DATABASE_PASSWORD: password,
      HAVEN_REDIS_URL: redisUrl(),
      HAVEN_STORAGE_ROOT: root,
    });
    const app = await createGcApp(config, createLogger('gc-controller', 'silent'));
    await app.listen({ host: '127.0.0.1', port: 0 });
    try {
      const parameters = { deleteUntagged: true, emptyTrash: false, isDry: false, workers: 2 };
      const id = await db.transaction((tx) =>
        startExecution(tx, { vendorType: 'GARBAGE_COLLECTION', trigger: 'MANUAL', parameters }),
      );
      expect(await ended(id)).toBe('Success');
      const { text } = await db.one<{ text: string }>(sql(`SELECT string_agg(content, '') AS text FROM job_log`));
      expect(text).toContain('0 blobs and 0 manifests eligible for deletion');
      const metrics = await (await fetch(`${await app.nest.getUrl()}/metrics`)).text();
      expect(metrics).toContain('harbor_jobservice_task_total{type="GARBAGE_COLLECTION",status="success"} 1');
      expect(metrics).toContain('haven_database_pool_size{pool="gc"} 6');
      expect(metrics).toContain('haven_gc_freed_bytes_total 0');
    } finally {
      await app.close();
    }
  });
});
