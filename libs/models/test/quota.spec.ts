import { createTestDatabase, type TestDatabase } from '@haven/testing';
import {
  copyArtifact,
  Database,
  deleteArtifact,
  deleteRepository,
  deleteTag,
  ensureRepository,
  foldQuota,
  insertProject,
  readUsedBytes,
  recomputeUsedBytes,
  repairUsedBytes,
  sql,
  type RepositoryRef,
} from '../src/index.js';
import { actor, context, digestOf, manifestOf, storeArtifact, storeBlob } from './content.js';

const limitBytes = 9_000;
const workers = 8;
const turns = 60;
/** What a client may be told while others push and delete the same things. */
const refusals: ReadonlySet<string> = new Set([
  'DENIED',
  'MANIFEST_UNKNOWN',
  'MANIFEST_BLOB_UNKNOWN',
  'NOT_FOUND',
  'UNAVAILABLE',
  // An index holds it.
  'VIOLATE_FOREIGN_KEY_CONSTRAINT',
  // The repository went before the blob arrived: the registry's routes say so in their way.
  '23503',
]);

interface Held {
  id: number;
  digest: string;
}

let testDatabase: TestDatabase;
let db: Database;
const projects: number[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 12 });
  for (const [name, storageLimitBytes] of [
    ['free', -1],
    ['bound', limitBytes],
  ] as const) {
    const project = { name, ownerId: 1, storageLimitBytes, metadata: {} };
    projects.push((await db.transaction((tx) => insertProject(tx, project))) ?? 0);
  }
});
afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

/** A client that does one thing after the other to the same few repositories as all others. */
class Client {
  private state: number;
  readonly told = new Map<string, number>();

  constructor(seed: number) {
    this.state = seed;
  }

  async act(): Promise<void> {
    const acts = [
      () => this.push(),
      () => this.push(),
      () => this.push(),
      () => this.pushIndex(),
      () => this.copy(),
      () => this.mount(),
      () => this.deleteOne(),
      () => this.untag(),
    ];
    const rare = [() => this.deleteAll(), () => this.repair(), () => foldQuota(db)];
    const act = this.pick(this.below(8) === 0 ? rare : acts);
    const outcome = await act().then(
      () => 'done',
      (error: unknown) => String((error as { code?: unknown }).code ?? error),
    );
    this.told.set(outcome, (this.told.get(outcome) ?? 0) + 1);
  }

  private async push(): Promise<void> {
    const repository = await this.repository();
    const texts = [0, 1, 2].map(() => this.blobText());
    const blobs: string[] = [];
    for (const text of texts) blobs.push(await storeBlob(db, repository, text));
    const subject = this.below(4) === 0 ? { subject: (await this.held(repository))?.digest ?? digestOf('none') } : {};
    const manifest = manifestOf(`image of ${texts.join()}`, { blobs: [...new Set(blobs)], ...subject });
    await storeArtifact(db, repository, manifest, `v${this.below(5)}`);
  }

  private async pushIndex(): Promise<void> {
    const repository = await this.repository();
    const child = await this.held(repository);
    if (child === null) return;
    await storeArtifact(db, repository, manifestOf(`index of ${child.digest}`, { children: [child.digest] }), 'multi');
  }

  private async copy(): Promise<void> {
    const [source, target] = [await this.repository(), await this.repository()];
    const held = await this.held(source);
    if (held === null || source.repositoryId === target.repositoryId) return;
    const to = { ...context, repository: target, leaseSeconds: 3_600 };
    await db.transaction((tx) => copyArtifact(tx, { artifactId: held.id, repository: source }, to));
  }

  private async mount(): Promise<void> {
    await storeBlob(db, await this.repository(), this.blobText());
  }

  private async deleteOne(): Promise<void> {
    const repository = await this.repository();
    const held = await this.held(repository);
    if (held !== null) await db.transaction((tx) => deleteArtifact(tx, repository, held.digest, actor));
  }

  private async untag(): Promise<void> {
    const repository = await this.repository();
    const held = await this.held(repository);
    if (held === null) return;
    const change = { repository, artifactId: held.id, digest: held.digest, name: `v${this.below(5)}` };
    await db.transaction((tx) => deleteTag(tx, change, actor));
  }

  private async deleteAll(): Promise<void> {
    const repository = await this.repository();
    await db.transaction((tx) => deleteRepository(tx, repository, actor));
  }

  private async repair(): Promise<void> {
    const projectId = this.pick(projects);
    await db.transaction((tx) => repairUsedBytes(tx, projectId));
  }

  private repository(): Promise<RepositoryRef> {
    const at = this.below(projects.length);
    return ensureRepository(db, projects[at]!, `${['free', 'bound'][at]!}/app-${this.below(3)}`);
  }

  private held({ repositoryId }: RepositoryRef): Promise<Held | null> {
    const query = 'SELECT id, digest FROM artifact WHERE repository_id = $1 ORDER BY digest OFFSET $2 LIMIT 1';
    return db.maybe<Held & Record<string, unknown>>(sql(query, repositoryId, this.below(6)));
  }

  private blobText(): string {
    const blob = this.below(12);
    return `blob ${blob} `.padEnd(100 + blob * 97, 'x');
  }

  private pick<T>(things: readonly T[]): T {
    return things[this.below(things.length)]!;
  }

  private below(count: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * count);
  }
}

describe('what projects are charged for', () => {
  const expectExact = async (): Promise<void> => {
    for (const projectId of projects) {
      expect(await readUsedBytes(db, projectId)).toBe(await recomputeUsedBytes(db, projectId));
    }
  };

  it('is exact and within its limit, whatever many clients push, copy, mount and delete at once', async () => {
    const clients = Array.from({ length: workers }, (_, n) => new Client(n * 7_919 + 17));
    const run = async (client: Client): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) {
        await client.act();
        expect(await readUsedBytes(db, projects[1]!)).toBeLessThanOrEqual(limitBytes);
      }
    };
    await Promise.all(clients.map(run));
    const told = new Set(clients.flatMap((client) => [...client.told.keys()]));
    expect([...told].filter((code) => code !== 'done' && !refusals.has(code))).toEqual([]);
    expect(told).toContain('DENIED');
    await expectExact();
    await foldQuota(db);
    await expectExact();
    expect(await db.one(sql('SELECT count(*)::int AS left FROM quota_delta'))).toEqual({ left: 0 });
  }, 120_000);

  it('is nothing once everything is deleted', async () => {
    const repositories = await db.rows<{ projectId: number; repositoryId: number; name: string }>(
      sql('SELECT project_id AS "projectId", repository_id AS "repositoryId", name FROM repository'),
    );
    for (const repository of repositories) await db.transaction((tx) => deleteRepository(tx, repository, actor));
    await expectExact();
    for (const projectId of projects) expect(await readUsedBytes(db, projectId)).toBe(0);
  });
});
