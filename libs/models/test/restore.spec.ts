import { createTestDatabase, type TestDatabase } from '@haven/testing';
import {
  Database,
  deleteArtifact,
  deleteRepository,
  ensureRepository,
  readUsedBytes,
  recomputeUsedBytes,
  restoreArtifact,
  restoreRepositoryBatch,
  sql,
  type RepositoryRef,
  type RestoredBatch,
} from '../src/index.js';
import { actor, manifestOf, storeArtifact, storeBlob } from './content.js';

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 4 });
});
afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

const restore = async (digest: string): Promise<unknown> => {
  const { id } = await db.one<{ id: number }>(sql('SELECT id FROM artifact_trash WHERE digest = $1', digest));
  return db.transaction((tx) => restoreArtifact(tx, 1, id, actor));
};
const count = async (text: string): Promise<number> =>
  (await db.one<{ n: number }>(sql(`SELECT count(*)::int AS n FROM ${text}`))).n;

/** An index of one image, with a signature. */
async function pushSigned(repository: RepositoryRef): Promise<{ index: string; image: string; signature: string }> {
  const { name } = repository;
  const image = manifestOf(`image of ${name}`, { blobs: [await storeBlob(db, repository, `layer of ${name}`)] });
  const index = manifestOf(`index of ${name}`, { children: [image.digest] });
  const signature = manifestOf(`signature of ${name}`, { subject: index.digest });
  await storeArtifact(db, repository, image);
  await storeArtifact(db, repository, index, 'v1');
  await storeArtifact(db, repository, signature);
  return { index: index.digest, image: image.digest, signature: signature.digest };
}

describe('restoreArtifact', () => {
  it('brings an index back with its image, its signature and its tag, and the charges with them', async () => {
    const repository = await ensureRepository(db, 1, 'library/signed');
    const { index, image, signature } = await pushSigned(repository);
    const used = await readUsedBytes(db, 1);
    await db.transaction((tx) => deleteArtifact(tx, repository, index, actor));
    expect(await readUsedBytes(db, 1)).toBe(0);
    expect(await restore(index)).toEqual({ digests: [image, index, signature], tags: ['v1'], keptElsewhere: [] });
    expect(await readUsedBytes(db, 1)).toBe(used);
    expect(await recomputeUsedBytes(db, 1)).toBe(used);
    expect(await count('artifact_trash')).toBe(0);
    expect(await count('artifact_reference')).toBe(1);
    expect(await count('artifact_accessory WHERE subject_artifact_id IS NOT NULL')).toBe(1);
    expect(await count(`artifact WHERE listed AND digest = '${index}'`)).toBe(1);
    expect(await count(`artifact WHERE listed AND digest = '${signature}'`)).toBe(0);
  });

  it('makes the repository anew when that was deleted with it', async () => {
    const repository = await ensureRepository(db, 1, 'library/gone');
    const { index } = await pushSigned(repository);
    const used = await readUsedBytes(db, 1);
    await db.transaction((tx) => deleteRepository(tx, repository, actor));
    await restore(index);
    expect(await readUsedBytes(db, 1)).toBe(used);
    expect(await count(`repository WHERE name = 'library/gone' AND listed`)).toBe(1);
    expect(await count(`tag JOIN repository USING (repository_id) WHERE repository.name = 'library/gone'`)).toBe(1);
  });
});

describe('restoreRepositoryBatch', () => {
  const restoreAll = async (name: string, limit = 2): Promise<RestoredBatch> => {
    const all: RestoredBatch = { digests: [], tags: [], keptElsewhere: [], incomplete: [], next: null };
    do {
      const place = all.next;
      const batch = await db.transaction((tx) =>
        restoreRepositoryBatch(tx, { projectId: 1, name }, place, limit, actor),
      );
      for (const field of ['digests', 'tags', 'keptElsewhere', 'incomplete'] as const) all[field].push(...batch[field]);
      all.next = batch.next;
    } while (all.next !== null);
    return all;
  };

  it('brings a deleted repository back with its id, description, artifacts, tags and signatures', async () => {
    const repository = await ensureRepository(db, 1, 'library/whole');
    const { index, image, signature } = await pushSigned(repository);
    await db.run(sql(`UPDATE repository SET description = 'ours' WHERE repository_id = $1`, repository.repositoryId));
    const used = await readUsedBytes(db, 1);
    await db.transaction((tx) => deleteRepository(tx, repository, actor));
    const restored = await restoreAll(repository.name);
    expect(restored.digests.toSorted()).toEqual([image, index, signature].toSorted());
    expect(restored.tags).toEqual(['v1']);
    expect(await ensureRepository(db, 1, 'library/whole')).toEqual(repository);
    expect(await count(`repository WHERE name = 'library/whole' AND listed AND description = 'ours'`)).toBe(1);
    expect(await count(`artifact_accessory WHERE subject_artifact_id IS NOT NULL AND digest = '${signature}'`)).toBe(1);
    expect(await readUsedBytes(db, 1)).toBe(used);
    expect(await recomputeUsedBytes(db, 1)).toBe(used);
    expect(await count('repository_trash')).toBe(0);
    expect(await restoreAll(repository.name)).toMatchObject({ digests: [], incomplete: [] });
  });

  it('gives a tag to what was deleted last, and leaves what lacks a part', async () => {
    const repository = await ensureRepository(db, 1, 'library/often');
    const [first, second] = [manifestOf('often first'), manifestOf('often second')];
    for (const artifact of [first, second]) {
      await storeArtifact(db, repository, artifact, 'v1');
      await db.transaction((tx) => deleteArtifact(tx, repository, artifact.digest, actor));
    }
    const { index, image } = await pushSigned(repository);
    await db.transaction((tx) => deleteArtifact(tx, repository, index, actor));
    await db.run(sql('DELETE FROM artifact_trash WHERE digest = $1', image));
    const restored = await restoreAll(repository.name, 1);
    expect(restored.incomplete).toEqual([index]);
    expect(restored).toMatchObject({ tags: ['v1'], keptElsewhere: ['v1'] });
    const tagged = `artifact JOIN tag ON artifact_id = artifact.id WHERE artifact.repository_id = ${repository.repositoryId}`;
    expect(await count(`${tagged} AND artifact.digest = '${second.digest}'`)).toBe(1);
  });

  it('leaves a repository that was pushed to meanwhile as it is', async () => {
    const repository = await ensureRepository(db, 1, 'library/anew');
    const { index } = await pushSigned(repository);
    await db.transaction((tx) => deleteRepository(tx, repository, actor));
    const anew = await ensureRepository(db, 1, 'library/anew');
    await storeArtifact(db, anew, manifestOf('anew'), 'v1');
    expect(await restoreAll('library/anew')).toMatchObject({ tags: [], keptElsewhere: ['v1'] });
    expect(await ensureRepository(db, 1, 'library/anew')).toEqual(anew);
    expect(await count(`artifact WHERE repository_id = ${anew.repositoryId} AND digest = '${index}'`)).toBe(1);
  });
});
