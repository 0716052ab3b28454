import { createTestDatabase, type TestDatabase } from '@haven/testing';
import {
  Database,
  deleteArtifact,
  deleteRepository,
  ensureRepository,
  readUsedBytes,
  recomputeUsedBytes,
  restoreArtifact,
  sql,
  type RepositoryRef,
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
