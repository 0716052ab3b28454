import { AsyncLocalStorage } from 'node:async_hooks';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import {
  createTag,
  Database,
  deleteArtifact,
  deleteRepository,
  ensureRepository,
  foldQuota,
  putArtifact,
  readUsedBytes,
  recomputeUsedBytes,
  sql,
  type NewArtifact,
  type RepositoryRef,
  type Sql,
} from '../src/index.js';
import { actor, context, manifestOf, storeArtifact, storeBlob } from './content.js';

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 20 });
});
afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

const uploadBlob = (repository: RepositoryRef, text: string) => storeBlob(db, repository, text);
const put = (repository: RepositoryRef, manifest: NewArtifact, tag?: string) =>
  storeArtifact(db, repository, manifest, tag);

/** Another client: what it does is no part of the transaction that starts it. */
const outside = AsyncLocalStorage.snapshot();

const count = async (text: string, ...values: unknown[]) =>
  (await db.one<{ n: number }>(sql(`SELECT count(*)::int AS n FROM ${text}`, ...values))).n;

async function expectExactQuota(projectId: number): Promise<number> {
  const used = await readUsedBytes(db, projectId);
  expect(used).toBe(await recomputeUsedBytes(db, projectId));
  return used;
}

describe('putArtifact', () => {
  it('takes only blobs that the repository may use', async () => {
    const mine = await ensureRepository(db, 1, 'library/mine');
    const other = await ensureRepository(db, 1, 'library/other');
    const blob = await uploadBlob(other, 'secret layer');
    await expect(put(mine, manifestOf('m', { blobs: [blob] }))).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
    });
    expect(await count('artifact WHERE repository_id = $1', mine.repositoryId)).toBe(0);
  });

  it('changes nothing the second time, and moves a tag', async () => {
    const repository = await ensureRepository(db, 1, 'library/twice');
    const blob = await uploadBlob(repository, 'layer of twice');
    const first = await put(repository, manifestOf('one', { blobs: [blob] }), 'latest');
    const again = await put(repository, manifestOf('one', { blobs: [blob] }), 'latest');
    const second = await put(repository, manifestOf('two', { blobs: [blob] }), 'latest');
    expect([first.created, again.created, second.created]).toEqual([true, false, true]);
    expect(again.artifactId).toBe(first.artifactId);
    expect(
      await count('tag WHERE repository_id = $1 AND artifact_id = $2', repository.repositoryId, second.artifactId),
    ).toBe(1);
    await expectExactQuota(1);
  });

  it('is refused as a whole when it would exceed the quota', async () => {
    const project = await db.one<{ id: number }>(
      sql("INSERT INTO project (owner_id, name) VALUES (1, 'small') RETURNING project_id AS id"),
    );
    await db.run(sql('INSERT INTO quota (project_id, hard_bytes) VALUES ($1, 20)', project.id));
    await db.run(sql('INSERT INTO quota_usage (project_id) VALUES ($1)', project.id));
    const repository = await ensureRepository(db, project.id, 'small/app');
    const blob = await uploadBlob(repository, 'exactly 16 bytes');
    const refused = put(repository, manifestOf('five!', { blobs: [blob] }), 'v1');
    await expect(refused).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringMatching(/^adding 5\.0 B of storage resource, .* limit of 20\.0 B\.$/) as string,
    });
    expect(await count('artifact WHERE project_id = $1', project.id)).toBe(0);
    expect(await expectExactQuota(project.id)).toBe(16);
    await put(repository, manifestOf('four', { blobs: [blob] }), 'v1');
    expect(await expectExactQuota(project.id)).toBe(20);
  });
});

describe('a manifest of a platform that was empty a moment ago', () => {
  it('never costs the square of what others are pushing', async () => {
    const fresh = await createTestDatabase();
    const one = Database.connect(fresh.settings, { applicationName: 'test', connections: 1, plansOnce: true });
    const repository = await ensureRepository(one, 1, 'library/fresh');
    const first = await storeBlob(one, repository, 'first');
    // All statements are planned now, for tables that are as good as empty.
    await storeArtifact(one, repository, manifestOf('planned', { blobs: [first] }), 'v1');
    await one.run(sql("INSERT INTO blob (digest, size) SELECT 'sha256:' || n, 1 FROM generate_series(1, 3000) AS n"));
    await one.run(
      sql(
        `INSERT INTO repository_blob (repository_id, digest, lease_until)
         SELECT $1, 'sha256:' || n, now() + interval '1 hour' FROM generate_series(1, 3000) AS n`,
        repository.repositoryId,
      ),
    );
    const next = await storeBlob(one, repository, 'next');
    const { rows } = await one.transaction(async (tx) => {
      await putArtifact(tx, manifestOf('next', { blobs: [next] }), { ...context, repository, tags: [] });
      return tx.one<{ rows: number }>(
        sql(
          `SELECT seq_tup_read + idx_tup_fetch AS rows FROM pg_stat_xact_user_tables WHERE relname = 'repository_blob'`,
        ),
      );
    });
    // A few statements may look at all of it once.
    expect(rows).toBeLessThan(10_000);
    await one.close();
    await fresh.drop();
  });
});

describe('deleteArtifact', () => {
  it('takes accessories and lone children along, frees their charge and keeps them in the trash', async () => {
    const repository = await ensureRepository(db, 1, 'library/gone');
    const before = await expectExactQuota(1);
    const blob = await uploadBlob(repository, 'layer of gone');
    const child = manifestOf('child', { blobs: [blob] });
    const tagged = manifestOf('tagged child', { blobs: [blob] });
    await put(repository, child);
    await put(repository, tagged, 'keep');
    const index = manifestOf('index', { children: [child.digest, tagged.digest] });
    await put(repository, manifestOf('signature', { subject: index.digest }));
    await put(repository, index, 'multi');
    await expect(db.transaction((tx) => deleteArtifact(tx, repository, child.digest, actor))).rejects.toMatchObject({
      code: 'VIOLATE_FOREIGN_KEY_CONSTRAINT',
    });
    await db.transaction((tx) => deleteArtifact(tx, repository, index.digest, actor));
    const left = await db.rows<{ digest: string }>(
      sql('SELECT digest FROM artifact WHERE repository_id = $1', repository.repositoryId),
    );
    expect(left.map((row) => row.digest)).toEqual([tagged.digest]);
    expect(await count('artifact_trash WHERE repository_name = $1', repository.name)).toBe(3);
    expect(await expectExactQuota(1)).toBe(before + 'layer of gone'.length + 'tagged child'.length);
    await db.transaction((tx) => deleteRepository(tx, repository, actor));
    expect(await expectExactQuota(1)).toBe(before);
  });

  it('leaves a child alone that was tagged while the deletion waited for it', async () => {
    const repository = await ensureRepository(db, 1, 'library/rescued');
    const child = manifestOf('child to rescue');
    const index = manifestOf('index to delete', { children: [child.digest] });
    const { artifactId } = await put(repository, child);
    await put(repository, index, 'multi');
    let deletion: Promise<void> | undefined;
    await db.transaction(async (tx) => {
      await createTag(tx, { repository, artifactId, digest: child.digest, name: 'rescued' }, actor);
      deletion = outside(() => db.transaction((other) => deleteArtifact(other, repository, index.digest, actor)));
      for (let tries = 0; tries < 500; tries += 1) {
        const { n } = await tx.one<{ n: number }>(
          sql(
            "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
          ),
        );
        if (n > 0) break;
      }
    });
    await deletion;
    expect(await count('artifact WHERE repository_id = $1', repository.repositoryId)).toBe(1);
    expect(await count("tag WHERE name = 'rescued' AND artifact_id = $1", artifactId)).toBe(1);
  });

  it('stands beside pushes of the same content without losing or doubling a charge', async () => {
    const repository = await ensureRepository(db, 1, 'library/contended');
    const blobs = await Promise.all(['a', 'b', 'c'].map((name) => uploadBlob(repository, `shared layer ${name}`)));
    const manifests = ['x', 'y', 'z'].map((name) => manifestOf(`contended ${name}`, { blobs }));
    const work = Array.from({ length: 60 }, (_, turn) => async () => {
      const manifest = manifests[turn % manifests.length]!;
      await put(repository, manifest, `t${turn % 4}`);
      if (turn % 2 === 0) {
        await db
          .transaction((tx) => deleteArtifact(tx, repository, manifest.digest, actor))
          .catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'MANIFEST_UNKNOWN' });
          });
      }
      if (turn % 7 === 0) await foldQuota(db);
    });
    await Promise.all(work.map((turn) => turn()));
    await foldQuota(db);
    expect(await count('quota_delta')).toBe(0);
    await expectExactQuota(1);
  });
});

describe('deleteRepository', () => {
  /** Deletes a repository and counts the statements that it takes. */
  async function statementsToDelete(repository: RepositoryRef): Promise<number> {
    let statements = 0;
    await db.transaction(async (tx) => {
      const counted: Sql = {
        rows: (query) => ((statements += 1), tx.rows(query)),
        maybe: (query) => ((statements += 1), tx.maybe(query)),
        one: (query) => ((statements += 1), tx.one(query)),
        run: (query) => ((statements += 1), tx.run(query)),
      };
      await deleteRepository(counted, repository, { ...actor, consumers: ['core', 'projection'] });
    });
    return statements;
  }

  async function fill(name: string, indexes: number): Promise<RepositoryRef> {
    const repository = await ensureRepository(db, 1, name);
    const blob = await uploadBlob(repository, `layer of ${name}`);
    for (let position = 0; position < indexes; position += 1) {
      const child = manifestOf(`${name} child ${position}`, { blobs: [blob] });
      const index = manifestOf(`${name} index ${position}`, { children: [child.digest] });
      await put(repository, child);
      await put(repository, index, `v${position}`);
      await put(repository, manifestOf(`${name} signature ${position}`, { subject: index.digest }));
    }
    return repository;
  }

  it('takes all of it with as many statements for many artifacts as for few', async () => {
    const before = await expectExactQuota(1);
    const few = await fill('library/few', 1);
    const many = await fill('library/many', 12);
    expect(await statementsToDelete(many)).toBe(await statementsToDelete(few));
    expect(await count('artifact_trash WHERE repository_name = $1', many.name)).toBe(36);
    expect(await count('repository WHERE name = $1', many.name)).toBe(0);
    expect(await expectExactQuota(1)).toBe(before);
  });

  it('tells of what lists showed, and the projection of everything', async () => {
    const repository = await fill('library/told', 2);
    await statementsToDelete(repository);
    const told = async (consumer: string) =>
      db.one<{ digests: number; tags: number }>(
        sql(
          `SELECT count(*)::int AS digests, sum(jsonb_array_length(payload->'tags'))::int AS tags FROM outbox
            WHERE topic = 'artifact.deleted' AND consumer = $1 AND payload->>'repository' = $2`,
          consumer,
          repository.name,
        ),
      );
    expect(await told('core')).toEqual({ digests: 2, tags: 2 });
    expect(await told('projection')).toEqual({ digests: 6, tags: 2 });
    const audited = "audit_log_ext WHERE operation = 'delete' AND resource LIKE $1";
    expect(await count(audited, `${repository.name}@%`)).toBe(2);
    expect(await count(audited, repository.name)).toBe(1);
    expect(await count("ledger WHERE repository_name = $1 AND step = 'trashed'", repository.name)).toBe(6);
  });
});
