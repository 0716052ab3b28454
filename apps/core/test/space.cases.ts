import { ensureRepository, sql } from '@haven/models';
import { ContentBuilder, digestOf } from './content-builder.js';
import { admin, type CoreApp, type Credentials, type TestUser } from './core-app.js';

interface Some {
  total: number;
  first: Record<string, unknown>[];
}
interface Explanation {
  status: string;
  next: string[];
  artifacts: Some;
  trash: Some;
  repositories: Some;
  ledger: Some;
  blob?: { status: string; review?: { reason: string } };
}

const layer = digestOf('space layer');
const layerBytes = 5_000;

/** Tests of what takes room, and of what keeps a digest. */
export function spaceCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let owner: TestUser;
  let developer: TestUser;
  let content: ContentBuilder;
  let other: ContentBuilder;
  let otherId: number;
  const image = digestOf('space image');

  const explain = async (
    digest: string,
    as: Credentials = admin,
    path = '/system/space/explain',
  ): Promise<Explanation> => {
    const answer = await core.get(`${path}?digest=${digest}`, as);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Explanation;
  };
  const inProject = '/projects/space/space/explain';

  /** What an upload leaves: the blob, the repository's right to it, and a look at it when the lease is over. */
  async function upload(project: number, repository: string): Promise<void> {
    const { repositoryId } = await ensureRepository(core.db, project, repository);
    await core.db.run(sql('INSERT INTO blob (digest, size) VALUES ($1, $2) ON CONFLICT DO NOTHING', layer, layerBytes));
    await core.db.run(
      sql(
        `INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES ($1, $2, now() + interval '1 day')`,
        repositoryId,
        layer,
      ),
    );
    await core.db.run(
      sql(
        `INSERT INTO blob_review (digest, not_before, reason) VALUES ($1, now() + interval '1 day', 'unreferenced upload')
         ON CONFLICT DO NOTHING`,
        layer,
      ),
    );
  }

  beforeAll(async () => {
    core = coreOf();
    owner = await core.createUser('space-owner');
    developer = await core.createUser('space-developer');
    const id = await core.createProject('space', owner);
    await core.addMember(id, developer, 2);
    content = new ContentBuilder(core.db, id, 'space');
    otherId = await core.createProject('space-other');
    other = new ContentBuilder(core.db, otherId, 'space-other');
    await upload(id, 'space/app');
  });

  it('says that an upload is held by its lease', async () => {
    const found = await explain(layer);
    expect(found).toMatchObject({ status: 'held by a lease', blob: { status: 'live' }, artifacts: { total: 0 } });
    expect(found.repositories).toMatchObject({ total: 1, first: [{ repository_name: 'space/app', named: false }] });
    expect(found.next).toEqual([expect.stringMatching(/^space\/app may rely on its upload until \d{4}-.* UTC/)]);
  });

  it('names who uses a digest, and as what', async () => {
    await content.push('app', 'space image', { tag: 'v1', blobDigests: [layer] });
    await content.pushAccessory('app', 'space signature', image);
    const found = await explain(layer);
    expect(found.artifacts).toEqual({
      total: 1,
      first: [{ repository_name: 'space/app', digest: image, as: 'layer', tags: ['v1'] }],
    });
    expect(found.status).toBe('in use');
    const roles = (await explain(image)).artifacts.first.map((row) => row['as']);
    expect(roles).toEqual(['manifest', 'subject']);
  });

  it('adds up what is named, what is kept, and what only one keeps', async () => {
    const manifests = 'space image'.length + 'space signature'.length;
    const sizes = async (path: string) => (await core.get(path, owner)).body;
    const alone = {
      ...{ artifacts: 2, logical: layerBytes + manifests, stored: layerBytes + manifests },
      ...{ unique: layerBytes + manifests, shared: 0 },
    };
    expect(await sizes('/projects/space/space')).toEqual(alone);
    expect(await sizes('/projects/space/repositories/app/space')).toEqual(alone);
    await content.push('app', 'space image two', { tag: 'v2', blobDigests: [layer] });
    await upload(otherId, 'space-other/app');
    await other.push('app', 'elsewhere', { tag: 'v1', blobDigests: [layer] });
    const more = manifests + 'space image two'.length;
    expect(await sizes('/projects/space/space')).toEqual({
      ...{ artifacts: 3, logical: 2 * layerBytes + more, stored: layerBytes + more },
      ...{ unique: more, shared: layerBytes },
    });
  });

  it('says when what was deleted goes for good, and tells a project nothing of others', async () => {
    for (const digest of [image, digestOf('space image two')]) {
      expect((await core.delete(`/projects/space/repositories/app/artifacts/${digest}`, owner)).status).toBe(200);
    }
    const found = await explain(layer, owner, inProject);
    expect(found.status).toBe('in the trash');
    expect(found.trash.total).toBe(2);
    expect(found.next[0]).toMatch(/^2 deleted artifacts in the trash .* leaves the trash on \d{4}-/);
    expect(found.blob).toBeUndefined();
    expect(JSON.stringify(found)).not.toContain('space-other');
    expect((await explain(layer)).status).toBe('in use');
    const listed = (await core.get('/system/space?q=name=space', admin)).body;
    expect(listed).toMatchObject([{ name: 'space', used: { storage: 0 }, trash: { artifacts: 3 } }]);
  });

  it('says what happens to what nothing names', async () => {
    await core.db.run(sql('DELETE FROM artifact_trash'));
    await core.db.run(sql('DELETE FROM artifact_blob'));
    await core.db.run(sql(`UPDATE repository_blob SET lease_until = now() WHERE digest = $1`, layer));
    await core.db.run(sql(`UPDATE blob_review SET not_before = now() - interval '1 hour' WHERE digest = $1`, layer));
    expect((await explain(layer)).next[0]).toMatch(/A collector sets it aside with the next look, within seconds/);
    await core.db.run(sql(`UPDATE blob SET status = 'quarantined' WHERE digest = $1`, layer));
    expect(await explain(layer)).toMatchObject({ status: 'set aside' });
    expect((await explain(layer, owner, inProject)).status).toBe('gone');
  });

  it('answers who may know, and only about digests', async () => {
    const paths = [inProject, '/projects/space/space', '/projects/space/repositories/app/space'];
    for (const path of paths) {
      expect([path, (await core.get(`${path}?digest=${layer}`)).status]).toEqual([path, 401]);
      expect([path, (await core.get(`${path}?digest=${layer}`, developer)).status]).toEqual([path, 403]);
    }
    for (const path of ['/system/space/explain', '/system/space']) {
      expect([path, (await core.get(`${path}?digest=${layer}`)).status]).toEqual([path, 401]);
      expect([path, (await core.get(`${path}?digest=${layer}`, owner)).status]).toEqual([path, 403]);
    }
    expect((await core.get('/system/space/explain?digest=nonsense', admin)).status).toBe(400);
    expect((await core.get(`/system/space/explain?digest=${digestOf('never seen')}`, admin)).status).toBe(404);
    expect((await core.get('/projects/space/repositories/none/space', owner)).status).toBe(404);
  });
}
