import { createHash } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import {
  createTag,
  Database,
  deleteArtifact,
  deleteTag,
  ensureRepository,
  putArtifact,
  sql,
  type NewArtifact,
  type RepositoryRef,
} from '../src/index.js';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const actor = { actor: 'alice', sourceIp: '127.0.0.1', consumers: [] };

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

interface Parts {
  tag?: string;
  children?: readonly string[];
  subject?: string;
}

/** Pushes a manifest; children and subject are named by their text. */
async function push(repository: RepositoryRef, text: string, { tag, children = [], subject }: Parts = {}) {
  const artifact: NewArtifact = {
    digest: digestOf(text),
    payload: Buffer.from(text),
    manifestMediaType: 'm',
    mediaType: 'c',
    artifactType: '',
    type: 'IMAGE',
    sizeBytes: text.length,
    blobDigests: [],
    children: children.map((child) => ({ digest: digestOf(child) })),
    annotations: {},
    extraAttrs: {},
    ...(subject === undefined ? {} : { accessory: { type: 'signature.cosign', subjectDigest: digestOf(subject) } }),
  };
  const context = { ...actor, repository, requestId: 'r', userAgent: 'test', tags: tag === undefined ? [] : [tag] };
  return db.transaction((tx) => putArtifact(tx, artifact, context));
}

const drop = (repository: RepositoryRef, text: string) =>
  db.transaction((tx) => deleteArtifact(tx, repository, digestOf(text), actor));

async function changeTag(change: typeof createTag, repository: RepositoryRef, text: string, name: string) {
  const digest = digestOf(text);
  await db.transaction(async (tx) => {
    const row = await tx.maybe<{ id: number }>(
      sql(
        'SELECT id FROM artifact WHERE repository_id = $1 AND digest = $2 FOR KEY SHARE',
        repository.repositoryId,
        digest,
      ),
    );
    if (row !== null) await change(tx, { repository, artifactId: row.id, digest, name }, actor);
  });
}

/** Digests of the artifacts that lists show. */
async function listed(repository: RepositoryRef): Promise<string[]> {
  const rows = await db.rows<{ digest: string }>(
    sql('SELECT digest FROM artifact WHERE repository_id = $1 AND listed ORDER BY id', repository.repositoryId),
  );
  return rows.map((row) => row.digest);
}

/** How many artifacts are shown or hidden against the rule. */
async function wrong(): Promise<number> {
  const { n } = await db.one<{ n: number }>(
    sql(`SELECT count(*) AS n FROM artifact
          WHERE listed <> (NOT EXISTS (SELECT FROM artifact_accessory WHERE artifact_id = artifact.id)
                           AND (EXISTS (SELECT FROM tag WHERE artifact_id = artifact.id)
                                OR NOT EXISTS (SELECT FROM artifact_reference WHERE child_id = artifact.id)))`),
  );
  return n;
}

describe('artifact.listed', () => {
  it('follows tags, indexes and accessories as they come and go', async () => {
    const repository = await ensureRepository(db, 1, 'library/listed');
    await push(repository, 'child');
    expect(await listed(repository)).toEqual([digestOf('child')]);
    await push(repository, 'index', { tag: 'multi', children: ['child'] });
    expect(await listed(repository)).toEqual([digestOf('index')]);
    await changeTag(createTag, repository, 'child', 'amd64');
    expect(await listed(repository)).toEqual([digestOf('child'), digestOf('index')]);
    await push(repository, 'index', { tag: 'amd64' });
    expect(await listed(repository)).toEqual([digestOf('index')]);
    await changeTag(createTag, repository, 'child', 'again');
    await changeTag(deleteTag, repository, 'child', 'again');
    expect(await listed(repository)).toEqual([digestOf('index')]);
    await push(repository, 'signature', { subject: 'index', tag: 'even with a tag' });
    expect(await listed(repository)).toEqual([digestOf('index')]);
    await changeTag(createTag, repository, 'child', 'kept');
    await drop(repository, 'index');
    await changeTag(deleteTag, repository, 'child', 'kept');
    expect(await listed(repository)).toEqual([digestOf('child')]);
  });

  it('holds after everything has happened at once', async () => {
    const repository = await ensureRepository(db, 1, 'library/contended');
    const children = ['c0', 'c1', 'c2', 'c3'];
    for (const child of children) await push(repository, child);
    const steps: ((turn: number) => Promise<unknown>)[] = [
      (turn) =>
        push(repository, `i${turn % 3}`, {
          tag: `t${turn % 5}`,
          children: turn % 2 ? children : [...children].reverse(),
        }),
      (turn) => push(repository, children[turn % 4]!, { tag: `t${turn % 5}` }),
      (turn) => drop(repository, `i${turn % 3}`),
      (turn) => changeTag(createTag, repository, children[turn % 4]!, `x${turn % 2}`),
      (turn) => changeTag(deleteTag, repository, children[turn % 4]!, `x${turn % 2}`),
      (turn) => push(repository, `s${turn}`, { subject: children[turn % 4]! }),
    ];
    const expected = [
      'MANIFEST_UNKNOWN',
      'MANIFEST_BLOB_UNKNOWN',
      'VIOLATE_FOREIGN_KEY_CONSTRAINT',
      'CONFLICT',
      'NOT_FOUND',
    ];
    const work = Array.from({ length: 180 }, (_, turn) => async () => {
      await steps[(turn * 7 + Math.floor(turn / 6)) % steps.length]!(turn).catch((error: unknown) => {
        expect(expected).toContain((error as { code: string }).code);
      });
    });
    await Promise.all(work.map((turn) => turn()));
    expect(await wrong()).toBe(0);
  }, 30_000);
});
