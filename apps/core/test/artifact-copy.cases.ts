import { readUsedBytes, recomputeUsedBytes, sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, type CoreApp, type TestUser } from './core-app.js';

/** Tests of copies within the platform. */
export function artifactCopyCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let developer: TestUser;
  let stranger: TestUser;
  let fromId: number;
  let toId: number;
  let content: ContentBuilder;
  let image: string;
  let index: string;
  let signature: string;
  const target = '/projects/copy-to/repositories/promoted%252Fapp/artifacts';
  const copy = (from: string, as = developer, path = target) =>
    core.post(`${path}?from=${encodeURIComponent(from)}`, undefined, as);

  beforeAll(async () => {
    core = coreOf();
    developer = await core.createUser('copy-developer');
    stranger = await core.createUser('copy-stranger');
    fromId = await core.createProject('copy-from');
    toId = await core.createProject('copy-to');
    await core.addMember(fromId, developer, 3);
    await core.addMember(toId, developer, 2);
    await core.addMember(toId, stranger, 2);
    content = new ContentBuilder(core.db, fromId, 'copy-from');
    const child = await content.push('app', 'copied child');
    image = await content.push('app', 'copied image', { tag: 'v1', annotations: { origin: 'ci' } });
    await content.push('app', 'copied image', { tag: 'stable' });
    index = await content.pushIndex('app', 'copied index', [{ digest: child, platform: { os: 'linux' } }], 'multi');
    signature = await content.push('app', 'copied signature', {
      tag: `${image.replace(':', '-')}.sig`,
      accessory: { type: 'signature.cosign', subjectDigest: image },
    });
  });

  it('copies an image with its tags and its signature', async () => {
    const answer = await copy('copy-from/app:v1');
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/api/v2.0${target}/v1`);
    const copied = await core.get(`${target}/v1?with_accessory=true`, developer);
    expect(copied.body).toMatchObject({
      digest: image,
      annotations: { origin: 'ci' },
      tags: [{ name: 'v1' }, { name: 'stable' }],
      accessories: [{ type: 'signature.cosign', digest: signature, subject_artifact_repo: 'copy-to/promoted/app' }],
    });
    expect((await core.get(`${target}/${image.replace(':', '-')}.sig`, developer)).body).toMatchObject({
      digest: signature,
    });
    expect((await core.get('/projects/copy-from/repositories/app/artifacts/v1', developer)).status).toBe(200);
    expect(await readUsedBytes(core.db, toId)).toBe(await recomputeUsedBytes(core.db, toId));
    const told = await core.db.rows<{ consumer: string }>(
      sql(
        `SELECT DISTINCT consumer FROM outbox WHERE payload->>'repository' = 'copy-to/promoted/app' ORDER BY consumer`,
      ),
    );
    expect(told.map(({ consumer }) => consumer)).toEqual(['core', 'projection']);
  });

  it('copies an index with its children, by digest, and again without harm', async () => {
    expect((await copy(`copy-from/app@${index}`)).status).toBe(201);
    expect((await core.get(`${target}/multi`, developer)).body).toMatchObject({
      digest: index,
      references: [{ platform: { os: 'linux' } }],
    });
    expect((await copy(`copy-from/app@${index}`)).status).toBe(201);
    const list = await core.get(`${target}?page_size=100`, developer);
    expect(list.headers['x-total-count']).toBe('2');
  });

  it('mounts blobs instead of moving bytes', async () => {
    const digest = `sha256:${'c0b1'.repeat(16)}`;
    await core.db.run(sql(`INSERT INTO blob (digest, size) VALUES ($1, 5000)`, digest));
    await core.db.run(
      sql(
        `INSERT INTO repository_blob (repository_id, digest, lease_until)
         SELECT repository_id, $1, now() + interval '1 hour' FROM repository WHERE name = 'copy-from/app'`,
        digest,
      ),
    );
    await content.push('app', 'copied layers', { tag: 'layers', blobDigests: [digest] });
    const before = await readUsedBytes(core.db, toId);
    expect((await copy('copy-from/app:layers')).status).toBe(201);
    expect((await readUsedBytes(core.db, toId)) - before).toBe(5000 + 'copied layers'.length);
    expect(await readUsedBytes(core.db, toId)).toBe(await recomputeUsedBytes(core.db, toId));
  });

  it('asks for both rights', async () => {
    expect((await copy('copy-from/app:v1', stranger)).status).toBe(403);
    const other = '/projects/copy-from/repositories/app2/artifacts';
    expect((await copy('copy-to/promoted/app:v1', developer, other)).status).toBe(403);
    expect((await core.post(`${target}?from=copy-from/app:v1`, undefined)).status).toBe(401);
  });

  it('refuses what is not there, and what cannot stand alone', async () => {
    expect((await copy('copy-from/app:none')).status).toBe(404);
    expect((await copy('copy-from/none:v1')).status).toBe(404);
    expect((await copy('nowhere/app:v1')).status).toBe(403);
    expect((await copy('nowhere/app:v1', admin)).status).toBe(404);
    expect((await copy('copy-from/app')).status).toBe(400);
    expect((await core.post(target, undefined, developer)).status).toBe(422);
    const alone = await copy(`copy-from/app@${signature}`);
    expect([alone.status, alone.body]).toMatchObject([403, { errors: [{ code: 'DENIED' }] }]);
    const bad = '/projects/copy-to/repositories/Not_A..Name/artifacts';
    expect((await copy('copy-from/app:v1', developer, bad)).status).toBe(400);
  });

  it('moves no tag that a rule keeps', async () => {
    const kept = await core.createProject('copy-kept');
    await core.addMember(kept, developer, 2);
    const there = new ContentBuilder(core.db, kept, 'copy-kept');
    const before = await there.push('app', 'what v1 was before', { tag: 'v1' });
    const rule = {
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
      ...{ action: 'immutable', template: 'immutable_template' },
    };
    expect((await core.post('/projects/copy-kept/immutabletagrules', rule, admin)).status).toBe(201);
    const artifacts = '/projects/copy-kept/repositories/app/artifacts';
    expect((await copy('copy-from/app:v1', developer, artifacts)).status).toBe(412);
    expect((await core.get(`${artifacts}/v1`, developer)).body).toMatchObject({ digest: before });
    expect((await core.get(`${artifacts}/${image}`, developer)).status).toBe(404);
    const elsewhere = '/projects/copy-kept/repositories/other/artifacts';
    expect((await copy('copy-from/app:v1', developer, elsewhere)).status).toBe(201);
    expect((await copy('copy-from/app:v1', developer, elsewhere)).status).toBe(201);
  });

  it('stands beside other copies and deletions without losing or doubling a charge', async () => {
    const crowd = await core.createProject('copy-crowd');
    await core.addMember(crowd, developer, 4);
    await core.db.run(sql('UPDATE quota SET hard_bytes = 100000 WHERE project_id = $1', crowd));
    const repository = (turn: number) => `/projects/copy-crowd/repositories/app-${turn % 2}`;
    const turns = Array.from({ length: 48 }, async (_, turn) => {
      if (turn % 4 === 3) return (await core.delete(repository(Math.floor(turn / 4)), developer)).status;
      const what = turn % 3 === 0 ? 'multi' : 'v1';
      return (await copy(`copy-from/app:${what}`, developer, `${repository(turn)}/artifacts`)).status;
    });
    const statuses = new Set(await Promise.all(turns));
    expect([...statuses].filter((status) => ![200, 201, 404, 503].includes(status))).toEqual([]);
    expect(statuses).toContain(201);
    expect(await readUsedBytes(core.db, crowd)).toBe(await recomputeUsedBytes(core.db, crowd));
  });

  it('puts nothing into a proxy cache, nor tags', async () => {
    const cache = await core.createProject('copy-cache');
    await core.addMember(cache, developer, 4);
    const cached = await new ContentBuilder(core.db, cache, 'copy-cache').push('app', 'a cached image');
    await core.db.run(sql('UPDATE project SET registry_id = 1 WHERE project_id = $1', cache));
    const artifacts = '/projects/copy-cache/repositories/app/artifacts';
    expect((await copy('copy-from/app:v1', developer, artifacts)).status).toBe(405);
    expect((await core.post(`${artifacts}/${cached}/tags`, { name: 'v1' }, developer)).status).toBe(405);
    expect((await copy(`copy-cache/app@${cached}`)).status).toBe(201);
  });

  it('takes nothing where the quota is used up', async () => {
    const full = await core.createProject('copy-full');
    await core.addMember(full, developer, 2);
    await core.db.run(sql('UPDATE quota SET hard_bytes = 1 WHERE project_id = $1', full));
    const answer = await copy('copy-from/app:v1', developer, '/projects/copy-full/repositories/app/artifacts');
    expect([answer.status, answer.body]).toMatchObject([403, { errors: [{ code: 'DENIED' }] }]);
    expect(await readUsedBytes(core.db, full)).toBe(0);
    expect((await core.get('/projects/copy-full/repositories', developer)).body).toEqual([]);
  });
}
