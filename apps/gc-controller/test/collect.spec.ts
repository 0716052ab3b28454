import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Database,
  deleteArtifact,
  deleteRepository,
  readUsedBytes,
  recomputeUsedBytes,
  restoreArtifact,
  sql,
  type Restored,
} from '@haven/models';
import { FilesystemBlobStore } from '@haven/storage';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { Collector } from '../src/collect/collector.service.js';
import { GarbageCollectionJob } from '../src/collect/garbage-collection.job.js';
import { RemovedFiles } from '../src/collect/removed-files.js';
import { actor, digestOf, imageOf, Pusher, type Image } from './pushing.js';
import type { JobContext } from '@haven/queue';

let test: TestDatabase;
let db: Database;
let root: string;
let store: FilesystemBlobStore;
let pusher: Pusher;

beforeEach(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'collect-test', connections: 4 });
  root = await mkdtemp(join(tmpdir(), 'haven-gc-'));
  store = new FilesystemBlobStore(root);
  pusher = new Pusher(db, store, 3600);
});
afterEach(async () => {
  await db.close();
  await test.drop();
  await rm(root, { recursive: true });
});

interface Rules {
  timeWindowHours: number;
  trashDays: number;
}
const atOnce: Rules = { timeWindowHours: 0, trashDays: 0 };
const withTrash: Rules = { timeWindowHours: 0, trashDays: 7 };

async function collect(rules: Rules, wishes: { deleteUntagged?: boolean; emptyTrash?: boolean; isDry?: boolean } = {}) {
  const all = { ...rules, blobsPerSecond: 10_000 };
  const told: { lines: string[]; reported: Readonly<Record<string, unknown>> } = { lines: [], reported: {} };
  const add = (line: string) => void told.lines.push(line);
  const context: JobContext = {
    ...{ taskId: 1, executionId: 1, run: 1, attributes: {}, signal: AbortSignal.timeout(10_000) },
    log: { info: add, warn: add, error: add },
    report: (attributes) => (told.reported = attributes),
    addTasks: () => Promise.resolve(),
  };
  const collector = new Collector(db, new RemovedFiles(store), all);
  const parameters = { deleteUntagged: false, emptyTrash: false, isDry: false, workers: 3, ...wishes };
  await new GarbageCollectionJob(db, collector, all).run(parameters, context);
  return told;
}

const image = imageOf('one', ['config', 'layer']);
const imageBytes = 'config'.length + 'layer'.length;
const isThere = async ({ blobs }: Image): Promise<boolean[]> =>
  Promise.all(blobs.map(async ({ digest }) => (await store.statBlob(digest)) !== null));

async function pushed(name = 'library/app', what = image) {
  const repository = await pusher.repository(name);
  await pusher.push(repository, what, 'v1');
  return repository;
}
const remove = async (repository: Awaited<ReturnType<typeof pushed>>, what = image): Promise<void> =>
  db.transaction((tx) => deleteArtifact(tx, repository, what.digest, actor));
const restore = async (): Promise<Restored> => {
  const { id } = await db.one<{ id: number }>(sql('SELECT min(id) AS id FROM artifact_trash'));
  return db.transaction((tx) => restoreArtifact(tx, 1, id, actor));
};
const expectExactQuota = async (): Promise<void> => {
  expect(await readUsedBytes(db, 1)).toBe(await recomputeUsedBytes(db, 1));
};

describe('a collection', () => {
  it('frees a deleted image at once, without trash and window', async () => {
    await remove(await pushed());
    const { lines, reported } = await collect(atOnce);
    expect(await isThere(image)).toEqual([false, false]);
    expect(lines).toContain('2 blobs and 1 manifests eligible for deletion');
    const freed = { freed_space: imageBytes + image.payload.length, purged_blobs: 2, purged_manifests: 1 };
    expect(reported).toEqual(freed);
  });

  it('keeps what lies in the trash, until that is emptied', async () => {
    await remove(await pushed());
    await collect(withTrash);
    expect(await isThere(image)).toEqual([true, true]);
    await collect(withTrash, { emptyTrash: true });
    expect(await isThere(image)).toEqual([false, false]);
  });

  it('takes the days of the project before those of the platform', async () => {
    await remove(await pushed());
    await db.run(sql(`INSERT INTO project_metadata (project_id, name, value) VALUES (1, 'trash_days', '0')`));
    await collect(withTrash);
    expect(await isThere(image)).toEqual([false, false]);
  });

  it('leaves blobs alone for the time of the window, and those with a lease until that is over', async () => {
    await remove(await pushed());
    await collect({ timeWindowHours: 2, trashDays: 0 });
    expect(await isThere(image)).toEqual([true, true]);
    await db.run(sql(`UPDATE blob_review SET not_before = now()`));
    await collect({ timeWindowHours: 2, trashDays: 0 });
    expect(await isThere(image)).toEqual([true, true]);
  });

  it('says what it would free, and frees nothing, when it is a dry run', async () => {
    await remove(await pushed());
    const { reported } = await collect(atOnce, { isDry: true });
    expect(reported).toEqual({ eligible_blobs: 2, eligible_manifests: 1, eligible_space: imageBytes });
    expect(await isThere(image)).toEqual([true, true]);
  });

  it('leaves untagged artifacts alone unless it is to delete them', async () => {
    await pushed();
    await db.run(sql('DELETE FROM tag'));
    await collect(atOnce);
    expect(await isThere(image)).toEqual([true, true]);
    await collect(atOnce, { deleteUntagged: true });
    expect(await isThere(image)).toEqual([false, false]);
  });

  it('keeps blobs that another image shares', async () => {
    const other = imageOf('two', ['other config', 'layer']);
    const repository = await pushed();
    await pusher.push(repository, other, 'v2');
    await remove(repository);
    await collect(atOnce);
    expect(await isThere(image)).toEqual([false, true]);
    expect(await isThere(other)).toEqual([true, true]);
  });

  it('lets the same image be pushed again after it has gone', async () => {
    const repository = await pushed();
    await remove(repository);
    await collect(withTrash, { emptyTrash: true });
    await pusher.push(repository, image, 'v1');
    await collect(atOnce);
    expect(await isThere(image)).toEqual([true, true]);
    await expectExactQuota();
  });

  it('takes away what an upload that was cut short has left, when its repository goes', async () => {
    const repository = await pushed();
    const bytes = Buffer.from('cut short');
    const digest = digestOf(bytes);
    const id = randomUUID();
    const writer = await store.openUpload(id, 0, 0);
    await writer.write([bytes], 0);
    await writer.close();
    await store.commitUpload(id, 0, digest, bytes.length);
    await db.run(
      sql(
        `INSERT INTO blob_upload (id, repository_id, wanted_digest) VALUES ($1, $2, $3)`,
        id,
        repository.repositoryId,
        digest,
      ),
    );
    await db.transaction((tx) => deleteRepository(tx, repository, actor));
    await collect(withTrash);
    expect(await store.statBlob(digest)).toBeNull();
    expect(await isThere(image)).toEqual([true, true]);
  });

  it('writes down each step with its reason', async () => {
    await remove(await pushed());
    await collect(atOnce);
    const steps = await db.rows<{ step: string }>(
      sql(`SELECT step FROM ledger WHERE digest = $1 ORDER BY id`, image.blobs[0]?.digest),
    );
    expect(steps.map(({ step }) => step)).toEqual(['unlinked', 'quarantined', 'purged']);
  });
});

describe('a restore', () => {
  it('brings an image back with its tag, labels and charges', async () => {
    const repository = await pushed();
    const used = await readUsedBytes(db, 1);
    await db.run(sql(`INSERT INTO harbor_label (name, scope) VALUES ('stable', 'g')`));
    await db.run(
      sql(
        `INSERT INTO label_reference (label_id, artifact_id) SELECT harbor_label.id, artifact.id FROM harbor_label, artifact`,
      ),
    );
    await remove(repository);
    expect(await readUsedBytes(db, 1)).toBe(0);
    await collect(withTrash);
    expect(await restore()).toEqual({ digests: [image.digest], tags: ['v1'], keptElsewhere: [] });
    expect(await readUsedBytes(db, 1)).toBe(used);
    await expectExactQuota();
    expect(await db.one(sql('SELECT count(*)::int AS labels FROM label_reference'))).toEqual({ labels: 1 });
    await collect(atOnce);
    expect(await isThere(image)).toEqual([true, true]);
  });

  it('leaves a tag where it is by now, and what was pushed again as it is', async () => {
    const repository = await pushed();
    await remove(repository);
    const other = imageOf('two', ['other config', 'layer']);
    await pusher.push(repository, other, 'v1');
    await pusher.push(repository, image, 'v2');
    expect(await restore()).toEqual({ digests: [image.digest], tags: [], keptElsewhere: ['v1'] });
    await collect(atOnce);
    expect([await isThere(image), await isThere(other)]).toEqual([
      [true, true],
      [true, true],
    ]);
    await expectExactQuota();
  });
});
