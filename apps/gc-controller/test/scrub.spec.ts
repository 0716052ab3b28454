import { mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { AppError } from '@haven/errors';
import { Database, deleteArtifact, readUsedBytes, sql } from '@haven/models';
import { createLogger, Metrics } from '@haven/observability';
import { startScrub, type JobContext, type ScrubKind } from '@haven/queue';
import { blobDataPath, DistributionLayoutProjection, FilesystemBlobStore, StoredFiles } from '@haven/storage';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import type { Digest } from '@haven/oci';
import { Collector } from '../src/collect/collector.service.js';
import { RemovedFiles } from '../src/collect/removed-files.js';
import { AsideSweep } from '../src/scrub/aside-sweep.service.js';
import { DamageService } from '../src/scrub/damage.service.js';
import { IntegrityScrub } from '../src/scrub/integrity-scrub.service.js';
import { OrphanScrub } from '../src/scrub/orphan-scrub.service.js';
import { ScrubJob } from '../src/scrub/scrub.job.js';
import { ScrubMetrics } from '../src/scrub/scrub-metrics.js';
import { settleDamage } from '../src/scrub/scrub.repository.js';
import { purgeLedger } from '../src/upkeep/ledger-purge.js';
import { UpkeepService } from '../src/upkeep/upkeep.service.js';
import { actor, digestOf, imageOf, Pusher } from './pushing.js';

let test: TestDatabase;
let db: Database;
let root: string;
let store: FilesystemBlobStore;
let pusher: Pusher;

const log = createLogger('scrub-test', 'silent');
const never = new AbortController().signal;
const refused = (error: unknown): void => {
  if (!(error instanceof AppError)) throw error;
};

beforeEach(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'scrub-test', connections: 6 });
  root = await mkdtemp(join(tmpdir(), 'haven-scrub-'));
  store = new FilesystemBlobStore(root);
  pusher = new Pusher(db, store, 3600);
});
afterEach(async () => {
  await db.close();
  await test.drop();
  await rm(root, { recursive: true });
});

interface Told {
  cursor: string;
  progress: number;
  checked: { files: number; rows: number; bytes: number };
  found: Record<string, { count: number; bytes: number }>;
  first: { kind: string; digest: string; action: string; repositories?: string[] }[];
}
const nothingTold = {} as Partial<Told>;

interface Wishes {
  safeAgeHours?: number;
  bytesPerSecond?: number;
  isForced?: boolean;
  attributes?: Partial<Told>;
  signal?: AbortSignal;
  onReport?: (told: Told) => void;
}

const job = ({ safeAgeHours = 0, bytesPerSecond = 1e9 }: Wishes): ScrubJob => {
  const rules = { scrubSafeAgeHours: safeAgeHours, scrubBytesPerSecond: bytesPerSecond, scrubFilesPerSecond: 1e6 };
  const projection = new DistributionLayoutProjection(root);
  const scrubbed = { files: new StoredFiles(root), blobs: store, projection };
  const damage = new DamageService(db, scrubbed);
  const orphans = new OrphanScrub(db, scrubbed, damage, new AsideSweep(db, scrubbed), rules);
  return new ScrubJob(orphans, new IntegrityScrub(scrubbed, damage, rules), new ScrubMetrics(new Metrics()), log);
};

async function scrub(kind: ScrubKind, wishes: Wishes = {}): Promise<Told> {
  let told = { found: {}, first: [] } as unknown as Told;
  const context: JobContext = {
    ...{ taskId: 1, executionId: 1, run: 1, attributes: wishes.attributes ?? nothingTold },
    signal: wishes.signal ?? AbortSignal.timeout(20_000),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    report: (attributes) => {
      told = attributes as unknown as Told;
      wishes.onReport?.(told);
    },
    addTasks: () => Promise.resolve(),
  };
  await job(wishes).run({ kind, isForced: wishes.isForced ?? false }, context);
  return told;
}

const image = imageOf('one', ['config of it', 'a layer of it']);
const [config, layer] = image.blobs as [(typeof image.blobs)[0], (typeof image.blobs)[0]];

async function pushed(name = 'library/app') {
  const repository = await pusher.repository(name);
  await pusher.push(repository, image, 'v1');
  return repository;
}
const pathOf = (digest: Digest): string => join(root, blobDataPath(digest));

async function flipByte(digest: Digest): Promise<void> {
  const file = await open(pathOf(digest), 'r+');
  const { buffer: first } = await file.read(Buffer.alloc(1), 0, 1, 0);
  await file.write(Buffer.from([(first[0] ?? 0) ^ 1]), 0, 1, 0);
  await file.close();
}
/** Bytes in a blob's place, without a row: as a kill leaves them between the rename and the commit. */
async function strand(text: string): Promise<Digest> {
  const id = randomUUID();
  const writer = await store.openUpload(id, 0, 0);
  await writer.write([Buffer.from(text)], 0);
  await writer.close();
  await store.commitUpload(id, 0, digestOf(text), text.length);
  return digestOf(text);
}
const isThere = async (digest: Digest): Promise<boolean> => (await store.statBlob(digest)) !== null;
const read = async (digest: Digest): Promise<string> => (await buffer(await store.readBlob(digest))).toString();
const aside = (): Promise<string[]> => readdir(join(root, 'removed')).catch(() => []);
const steps = async (digest: Digest): Promise<string[]> =>
  (await db.rows<{ step: string }>(sql('SELECT step FROM ledger WHERE digest = $1 ORDER BY id', digest))).map(
    ({ step }) => step,
  );
const damages = async (): Promise<unknown[]> => db.rows(sql('SELECT digest, kind FROM blob_damage ORDER BY digest'));
const collect = (trashDays = 0): Promise<unknown> =>
  new Collector(db, new RemovedFiles(store), { timeWindowHours: 2, trashDays, blobsPerSecond: 10_000 }).run(
    AbortSignal.timeout(10_000),
  );

describe('a file that no row knows', () => {
  it('is set aside when it is old, and removed when it has lain there as long', async () => {
    await pushed();
    const digest = await strand('stranded');
    expect((await scrub('orphans')).found).toEqual({ orphan_file: { count: 1, bytes: 8 } });
    expect([await isThere(digest), (await aside()).length]).toEqual([false, 1]);
    expect((await scrub('orphans', { safeAgeHours: 1 })).found).toEqual({});
    expect((await scrub('orphans')).found).toEqual({ leftover_file: { count: 1, bytes: 8 } });
    expect([await aside(), await steps(digest)]).toEqual([[], ['quarantined', 'purged']]);
    expect([await read(config.digest), await read(layer.digest)]).toEqual(['config of it', 'a layer of it']);
  });

  it('is left alone while it is young', async () => {
    const digest = await strand('just written');
    expect((await scrub('orphans', { safeAgeHours: 1 })).found).toEqual({});
    expect(await isThere(digest)).toBe(true);
  });

  it('is left alone while its commit is under way, however old it looks', async () => {
    const repository = await pusher.repository('library/app');
    const digest = digestOf('slow commit');
    const renamed = Promise.withResolvers<undefined>();
    const isWaitedFor = Promise.withResolvers<undefined>();
    const commit = db.transaction(async (tx) => {
      await tx.run(sql('INSERT INTO blob (digest, size) VALUES ($1, 11)', digest));
      await strand('slow commit');
      renamed.resolve(undefined);
      await isWaitedFor.promise;
      const { repositoryId } = repository;
      const join = 'INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES ($1, $2, now())';
      await tx.run(sql(join, repositoryId, digest));
    });
    await renamed.promise;
    const scrubbing = scrub('orphans');
    const waits = sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`);
    for (let tries = 0; (await db.maybe(waits)) === null && tries < 10_000; tries += 1);
    isWaitedFor.resolve(undefined);
    const [{ found }] = await Promise.all([scrubbing, commit]);
    expect(found).toEqual({});
    expect(await read(digest)).toBe('slow commit');
  });

  it('that was forgotten by a collection is removed, and comes back to a blob that needs it', async () => {
    await pushed();
    await strand('forgotten');
    await store.renameForRemoval(digestOf('forgotten'), `collected-${digestOf('forgotten').replace(':', '-')}`);
    await store.renameForRemoval(layer.digest, `collected-${layer.digest.replace(':', '-')}`);
    await db.run(sql('DELETE FROM blob_review'));
    const { first } = await scrub('orphans');
    expect(first.map(({ digest, action }) => [digest, action]).sort()).toEqual(
      [
        [digestOf('forgotten'), 'removed'],
        [layer.digest, 'put back'],
      ].sort(),
    );
    expect([await aside(), await read(layer.digest)]).toEqual([[], 'a layer of it']);
  });
});

describe('a row that no file backs', () => {
  it('is reported and set aside, so that the next push uploads it', async () => {
    const repository = await pushed();
    await rm(dirname(pathOf(layer.digest)), { recursive: true });
    const { found, first } = await scrub('orphans');
    expect(found).toEqual({ missing: { count: 1, bytes: layer.bytes.length } });
    expect(first[0]).toMatchObject({ digest: layer.digest, repositories: ['library/app'] });
    expect(await damages()).toEqual([{ digest: layer.digest, kind: 'missing' }]);
    expect(await pusher.hasBlob(repository, layer.digest)).toBe(false);
    await pusher.push(repository, image, 'v1');
    expect(await read(layer.digest)).toBe('a layer of it');
    expect((await settleDamage(db)).map(({ digest }) => digest)).toEqual([layer.digest]);
    expect([await damages(), (await steps(layer.digest)).slice(-2)]).toEqual([[], ['damaged', 'healed']]);
    await collect();
    expect((await scrub('orphans')).found).toEqual({});
  });

  it('is live again when its file is back', async () => {
    const repository = await pushed();
    const place = dirname(pathOf(layer.digest));
    await rename(place, `${root}/elsewhere`);
    await scrub('orphans');
    await rename(`${root}/elsewhere`, place);
    await scrub('orphans');
    await settleDamage(db);
    expect([await pusher.hasBlob(repository, layer.digest), await damages()]).toEqual([true, []]);
  });

  it('does not make a store look lost that is not mounted, or of another platform', async () => {
    const layers = Array.from({ length: 30 }, (_, at) => `layer ${at}`);
    await pusher.push(await pusher.repository('library/app'), imageOf('many', layers), 'v1');
    await rename(join(root, 'docker'), join(root, 'away'));
    await mkdir(join(root, 'docker'));
    await expect(scrub('orphans')).rejects.toThrow('mounted');
    await rm(join(root, 'docker'), { recursive: true });
    await rename(join(root, 'away'), join(root, 'docker'));
    expect([(await scrub('orphans')).found, await damages()]).toEqual([{}, []]);
    await db.run(sql('TRUNCATE blob CASCADE'));
    await db.run(sql('TRUNCATE manifest CASCADE'));
    await expect(scrub('orphans')).rejects.toThrow('indexed');
    expect(await aside()).toEqual([]);
    expect((await scrub('orphans', { isForced: true })).found['orphan_file']?.count).toBe(30);
  });
});

describe('what nothing uses', () => {
  it('goes to the collector, when nobody would look at it again', async () => {
    const repository = await pushed();
    await pusher.push(await pusher.repository('library/other'), image, 'v1');
    await db.transaction((tx) => deleteArtifact(tx, repository, image.digest, actor));
    await db.run(sql('DELETE FROM blob_review'));
    expect((await scrub('orphans')).found).toEqual({});
    await db.run(sql('UPDATE repository_blob SET lease_until = now()'));
    expect((await scrub('orphans')).found).toEqual({
      unused_membership: { count: 2, bytes: config.bytes.length + layer.bytes.length },
    });
    await collect(7);
    const members = sql('SELECT DISTINCT repository_id AS id FROM repository_blob');
    expect(await db.rows(members)).not.toContainEqual({ id: repository.repositoryId });
    expect(await read(layer.digest)).toBe('a layer of it');
  });

  it('is a blob without memberships and edges, too', async () => {
    const digest = await strand('nobody has it');
    await db.run(sql('INSERT INTO blob (digest, size) VALUES ($1, 13)', digest));
    expect((await scrub('orphans')).found).toEqual({ unused_blob: { count: 1, bytes: 13 } });
    await collect();
    expect(await isThere(digest)).toBe(false);
  });

  it('is no longer charged', async () => {
    await pushed();
    const used = await readUsedBytes(db, 1);
    await db.run(sql(`INSERT INTO project_blob VALUES (1, $1, 1000)`, digestOf('charged for nothing')));
    await db.run(sql('INSERT INTO quota_delta (project_id, bytes) VALUES (1, 1000)'));
    expect((await scrub('orphans')).found).toEqual({ unused_charge: { count: 1, bytes: 1000 } });
    expect(await readUsedBytes(db, 1)).toBe(used);
  });
});

describe('a blob with a flipped bit', () => {
  it('is reported and kept aside, and a push mends it', async () => {
    const repository = await pushed();
    await flipByte(layer.digest);
    const { found, first, checked, progress } = await scrub('integrity');
    expect(found).toEqual({ corrupt: { count: 1, bytes: layer.bytes.length } });
    expect(first[0]).toMatchObject({ kind: 'corrupt', digest: layer.digest, repositories: ['library/app'] });
    expect([checked.files, progress]).toEqual([2, 1]);
    const name = `corrupt-${layer.digest.replace(':', '-')}`;
    expect((await readFile(join(root, 'removed', name))).length).toBe(layer.bytes.length);
    expect(await scrub('orphans').then(aside)).toEqual([name]);
    expect(await pusher.hasBlob(repository, layer.digest)).toBe(false);
    expect(await pusher.mount(await pusher.repository('library/b'), layer.digest)).toBe(false);
    await expect(pusher.put(repository, imageOf('two', ['a layer of it']), 'v2')).rejects.toThrow('unknown');

    await pusher.push(repository, image, 'v1');
    expect(await read(layer.digest)).toBe('a layer of it');
    await settleDamage(db);
    expect((await scrub('integrity')).found).toEqual({});
    await scrub('orphans');
    expect([await aside(), await damages()]).toEqual([[], []]);
  });

  it('is mended from the database, when it is a manifest', async () => {
    await pushed();
    await new DistributionLayoutProjection(root).writeManifestBlob(image.digest, image.payload);
    await flipByte(image.digest);
    expect((await scrub('integrity')).first).toMatchObject([{ kind: 'corrupt', digest: image.digest }]);
    expect(await read(image.digest)).toBe(image.payload.toString());
    expect([(await scrub('integrity')).found, await damages()]).toEqual([{}, []]);
  });

  it('is found by its length alone', async () => {
    await pushed();
    const file = await open(pathOf(layer.digest), 'r+');
    await file.truncate(3);
    await file.close();
    expect((await scrub('orphans')).first).toMatchObject([{ kind: 'corrupt', digest: layer.digest }]);
  });

  it('is collected like any other when its image is deleted', async () => {
    const repository = await pushed();
    await flipByte(layer.digest);
    await scrub('integrity');
    await db.transaction((tx) => deleteArtifact(tx, repository, image.digest, actor));
    await db.run(sql('UPDATE repository_blob SET lease_until = now()'));
    for (let round = 0; round < 2; round += 1) {
      await db.run(sql('UPDATE blob_review SET not_before = now()'));
      await collect();
    }
    await settleDamage(db);
    await scrub('orphans');
    expect(await db.rows(sql('SELECT digest FROM blob'))).toEqual([]);
    expect([await aside(), await damages()]).toEqual([[], []]);
  });
});

describe('a scrub', () => {
  it('goes on after a kill where it was', async () => {
    const layers = Array.from({ length: 12 }, (_, at) => `layer number ${at}`);
    await pusher.push(await pusher.repository('library/app'), imageOf('many', layers), 'v1');
    await flipByte(digestOf('layer number 3'));
    await flipByte(digestOf('layer number 8'));
    let attributes: Partial<Told> = {};
    for (let runs = 1; ; runs += 1) {
      const killing = new AbortController();
      const onReport = (told: Told): void => {
        attributes = told;
        if (told.checked.files % 5 === 0 && told.progress < 1) killing.abort(new Error('killed'));
      };
      const ended = await scrub('integrity', { attributes, onReport, signal: killing.signal }).catch(() => null);
      if (ended === null) continue;
      expect([runs, ended.checked.files, ended.found['corrupt']?.count]).toEqual([3, 12, 2]);
      return;
    }
  });

  it('reads no faster than it may', async () => {
    const repository = await pusher.repository('library/app');
    await pusher.push(repository, imageOf('large', ['x'.repeat(60_000), 'y'.repeat(60_000)]), 'v1');
    const startedAt = performance.now();
    expect((await scrub('integrity', { bytesPerSecond: 200_000 })).checked.bytes).toBe(120_000);
    expect(performance.now() - startedAt).toBeGreaterThan(580);
  });

  it('harms nothing beside pushes, deletions and collections, however young files may be that it takes', async () => {
    const images = Array.from({ length: 8 }, (_, at) =>
      imageOf(`image ${at}`, [`config ${at}`, `shared ${at % 3} ${'x'.repeat(5_000)}`]),
    );
    const repositories = await Promise.all(['a', 'b', 'c'].map((name) => pusher.repository(`library/${name}`)));
    let steps = 0;
    const work = async (who: number): Promise<void> => {
      for (let at = who; steps < 200; at += 1, steps += 1) {
        const repository = repositories[(at + who) % 3] ?? (await pusher.repository('library/a'));
        const pushedNow = images[(at * 5 + who) % 8] ?? image;
        const { digest } = images[(at * 3 + who) % 8] ?? image;
        // A client is told to try again where something went while it pushed.
        await pusher.push(repository, pushedNow, `t${at % 4}`, 2).catch(refused);
        await db.transaction((tx) => deleteArtifact(tx, repository, digest, actor)).catch(refused);
      }
    };
    const found: string[] = [];
    const scrubbing = async (): Promise<void> => {
      while (steps < 200) {
        for (const kind of ['orphans', 'integrity'] as const) {
          const { first } = await scrub(kind, { isForced: true });
          found.push(...first.map((finding) => finding.kind));
        }
        await db.run(sql('UPDATE blob_review SET not_before = now() WHERE claimed_until IS NULL'));
        await collect();
      }
    };
    await Promise.all([work(0), work(1), scrubbing()]);
    expect(found.filter((kind) => ['missing', 'corrupt', 'unreadable'].includes(kind))).toEqual([]);
    expect(await damages()).toEqual([]);
    for (const { digest } of await db.rows<{ digest: string }>(sql('SELECT digest FROM artifact'))) {
      for (const blob of images.find((one) => one.digest === digest)?.blobs ?? []) {
        expect(await read(blob.digest)).toBe(blob.bytes.toString());
      }
    }
  });

  it('is under way once, of each kind and by the clock and by hand', async () => {
    const start = (kind: ScrubKind, trigger: 'MANUAL' | 'SCHEDULE') => startScrub(db, { kind, trigger });
    const started = await Promise.all(Array.from({ length: 4 }, () => start('orphans', 'MANUAL')));
    expect(started.filter((id) => id !== null).length).toBe(1);
    expect([await start('orphans', 'SCHEDULE'), await start('integrity', 'MANUAL')]).not.toContain(null);
  });

  it('comes round by the clock, with what else has come of age', async () => {
    const upkeep = (scrubOrphanDays: number): UpkeepService =>
      new UpkeepService(db, { ledgerDays: 90, scrubOrphanDays, scrubIntegrityDays: 30 }, log);
    const started = async (): Promise<unknown[]> => db.rows(sql('SELECT vendor_id AS kind FROM execution ORDER BY id'));
    await pushed();
    await upkeep(1).run(never);
    expect(await started()).toEqual([]);
    await db.run(sql(`UPDATE project SET creation_time = now() - interval '2 days'`));
    await db.run(sql(`UPDATE ledger SET creation_time = now() - interval '91 days' WHERE step = 'live'`));
    await upkeep(0).run(never);
    expect(await started()).toEqual([]);
    await Promise.all([upkeep(1).run(never), upkeep(1).run(never)]);
    expect(await started()).toEqual([{ kind: 1 }]);
    const end = (status: string): Promise<number> =>
      db.run(sql(`UPDATE execution SET status = $1, start_time = now() - interval '25 hours'`, status));
    await end('Success');
    await upkeep(7).run(never);
    expect(await started()).toEqual([{ kind: 1 }]);
    await end('Error');
    await upkeep(7).run(never);
    expect(await started()).toEqual([{ kind: 1 }, { kind: 1 }]);
    expect(await steps(image.digest)).toEqual([]);
  });

  it('leaves a long ledger shorter, batch by batch', async () => {
    const rows = `INSERT INTO ledger (digest, step, reason, creation_time)
      SELECT 'sha256:x', 'live', '', now() - make_interval(days => CASE WHEN n <= 12000 THEN 100 ELSE 1 END)
        FROM generate_series(1, 13000) AS n`;
    await db.run(sql(rows));
    expect(await purgeLedger(db, 90, never)).toBe(12_000);
    expect(await db.one(sql('SELECT count(*)::int AS kept FROM ledger'))).toEqual({ kept: 1_000 });
  });
});
