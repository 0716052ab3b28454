import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { AppError } from '@haven/errors';
import {
  Database,
  deleteArtifact,
  readUsedBytes,
  recomputeUsedBytes,
  restoreArtifact,
  sql,
  type RepositoryRef,
} from '@haven/models';
import { FilesystemBlobStore, type BlobRemover } from '@haven/storage';
import { createTestDatabase, interleavingWishes, type TestDatabase } from '@haven/testing';
import { Collector } from '../src/collect/collector.service.js';
import { RemovedFiles } from '../src/collect/removed-files.js';
import { actor, imageOf, Pusher, type Image } from './pushing.js';

const { seed, steps } = interleavingWishes();
const atOnce = 6;

/** Numbers that look random and are the same for a seed (mulberry32). */
function randomOf(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

class Killed extends Error {}

/** A disk that kills its process before or after one of the steps of a removal. */
class DeadlyStore implements BlobRemover {
  constructor(
    private readonly store: BlobRemover,
    private readonly isTime: () => boolean,
  ) {}

  renameForRemoval: BlobRemover['renameForRemoval'] = (...step) =>
    this.take(() => this.store.renameForRemoval(...step));
  restoreRemoved: BlobRemover['restoreRemoved'] = (...step) => this.take(() => this.store.restoreRemoved(...step));
  unlinkRemoved: BlobRemover['unlinkRemoved'] = (...step) => this.take(() => this.store.unlinkRemoved(...step));

  private async take<T>(step: () => Promise<T>): Promise<T> {
    if (this.isTime()) throw new Killed('before');
    const result = await step();
    if (this.isTime()) throw new Killed('after');
    return result;
  }
}

let test: TestDatabase;
let db: Database;
let root: string;
let store: FilesystemBlobStore;
let pusher: Pusher;
let repositories: RepositoryRef[];

beforeAll(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'interleaving', connections: 12 });
  root = await mkdtemp(join(tmpdir(), 'haven-gc-'));
  store = new FilesystemBlobStore(root);
  pusher = new Pusher(db, store, 1);
  repositories = await Promise.all(['a', 'b', 'c'].map((name) => pusher.repository(`library/${name}`)));
});
afterAll(async () => {
  await db.close();
  await test.drop();
  await rm(root, { recursive: true });
});

const images: Image[] = Array.from({ length: 12 }, (_, at) =>
  imageOf(`image ${at}`, [
    `config ${at}`,
    `layer ${at % 5} ${'x'.repeat(2_000)}`,
    `base ${at % 2} ${'y'.repeat(5_000)}`,
  ]),
);
const rules = (timeWindowHours: number) => ({ timeWindowHours, trashDays: 0, blobsPerSecond: 100_000 });
/** A refusal that a client answers by trying again. */
const refused = (error: unknown): void => {
  if (!(error instanceof AppError || error instanceof Killed)) throw error;
};

/** Reads every live artifact as a pull does: manifest, then each of its blobs, byte for byte. */
async function expectAllPullable(): Promise<void> {
  const live = await db.rows<{ id: number; digest: string }>(sql('SELECT id, digest FROM artifact'));
  for (const { id, digest } of live) {
    const image = images.find((one) => one.digest === digest);
    for (const blob of image?.blobs ?? []) {
      const bytes = await store.readBlob(blob.digest).then(buffer, () => null);
      // Deleted while it was looked at: then it need not be there.
      if (bytes === null && (await db.maybe(sql('SELECT 1 FROM artifact WHERE id = $1', id))) === null) break;
      if (bytes?.equals(blob.bytes) !== true) throw new Error(`${blob.digest} of ${digest} is not there, seed ${seed}`);
    }
  }
}

type Step = (below: (below: number) => number) => Promise<unknown>;

const pick = <T>(random: (below: number) => number, all: readonly T[]): T => all[random(all.length)] as T;

const push: Step = async (random) => {
  const image = pick(random, images);
  await pusher.push(pick(random, repositories), image, `t${random(4)}`, 1 + random(3));
};
const mount: Step = async (random) => {
  const image = pick(random, images);
  const repository = pick(random, repositories);
  for (const { digest, bytes } of image.blobs) {
    if (!(await pusher.mount(repository, digest))) await pusher.upload(repository, bytes, 1);
  }
  await pusher.put(repository, image, `t${random(4)}`);
};
const abandon: Step = async (random) => {
  await pusher.upload(pick(random, repositories), Buffer.from(`alone ${random(20)}`), 2);
};
const remove: Step = async (random) => {
  const { digest } = pick(random, images);
  await db.transaction((tx) => deleteArtifact(tx, pick(random, repositories), digest, actor));
};
const restore: Step = async () => {
  const trashed = await db.maybe<{ id: number }>(sql('SELECT id FROM artifact_trash ORDER BY random() LIMIT 1'));
  if (trashed !== null) await db.transaction((tx) => restoreArtifact(tx, 1, trashed.id, actor));
};
const collect: Step = async (random) => {
  const deadly = new DeadlyStore(store, () => random(12) === 0);
  // The claims of whoever was killed are over after a minute; here, at once.
  const free = 'SELECT digest FROM blob_review WHERE claimed_until IS NOT NULL FOR UPDATE SKIP LOCKED';
  await db.run(sql(`UPDATE blob_review SET claimed_until = NULL WHERE digest IN (${free})`));
  await new Collector(db, new RemovedFiles(deadly), rules(0)).run(AbortSignal.timeout(20_000));
};
const weighted = [push, push, push, mount, mount, abandon, remove, remove, remove, restore, collect, collect];

describe('pushes, mounts, deletions, restores and collections, all at once', () => {
  it(`keep each artifact whole, and leave nothing that no edge explains (seed ${seed}, ${steps} steps)`, async () => {
    const random = randomOf(seed);
    let left = steps;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await pick(random, weighted)(random).catch(refused);
        if (left % 25 === 0) await expectAllPullable();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    await expectAllPullable();
    expect(await readUsedBytes(db, 1)).toBe(await recomputeUsedBytes(db, 1));

    for (const { digest } of images) {
      for (const repository of repositories) {
        await db.transaction((tx) => deleteArtifact(tx, repository, digest, actor)).catch(refused);
      }
    }
    await db.run(sql(`UPDATE repository_blob SET lease_until = now()`));
    await db.run(sql(`UPDATE blob_review SET not_before = now(), claimed_until = NULL`));
    await new Collector(db, new RemovedFiles(store), rules(0)).run(AbortSignal.timeout(20_000));
    for (const table of ['blob', 'manifest', 'repository_blob', 'artifact_blob', 'blob_review', 'project_blob']) {
      expect([table, await db.rows(sql(`SELECT * FROM ${table}`))]).toEqual([table, []]);
    }
    for await (const { digest } of store.listBlobs()) throw new Error(`${digest} is left on the disk`);
    expect(await readdir(join(root, 'removed'))).toEqual([]);
    expect(await readUsedBytes(db, 1)).toBe(0);
  }, 300_000);
});
