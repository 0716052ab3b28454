import { sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, type CoreApp, type Credentials, type TestUser } from './core-app.js';

/** Scrubs that are started by hand, and what they tell. */
export function scrubCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let content: ContentBuilder;
  let guest: TestUser;

  beforeAll(async () => {
    core = coreOf();
    guest = await core.createUser('scrub-guest');
    content = new ContentBuilder(core.db, 1, 'library');
  });

  const path = '/system/scrub';
  const start = (body: object, as: Credentials | undefined = admin) =>
    core.call('POST', `/api/v2.0${path}`, { body, as });
  interface Entry {
    id: number;
    kind: string;
    status: string;
  }

  it('is for administrators', async () => {
    const calls = [
      ['POST', path],
      ['GET', path],
      ['GET', `${path}/damaged`],
      ['GET', `${path}/1`],
      ['PUT', `${path}/1`],
      ['GET', `${path}/1/log`],
    ] as const;
    for (const [method, route] of calls) {
      const body = method === 'POST' ? { kind: 'orphans' } : undefined;
      const statusFor = async (as?: Credentials) => (await core.call(method, `/api/v2.0${route}`, { body, as })).status;
      expect([route, await statusFor(), await statusFor(guest)]).toEqual([route, 401, 403]);
    }
  });

  it('starts one of a kind, shows what it has reported, and stops it', async () => {
    const answer = await start({ kind: 'integrity' });
    expect([answer.status, answer.headers['location']]).toEqual([201, expect.stringContaining(`${path}/`)]);
    expect((await start({ kind: 'integrity' })).status).toBe(409);
    expect((await start({ kind: 'orphans', force: true })).status).toBe(201);
    expect((await start({ kind: 'everything' })).status).toBe(422);
    const [orphans, integrity] = (await core.get(path, admin)).body as Entry[];
    expect([orphans, integrity]).toMatchObject([
      { kind: 'orphans', force: true, trigger: 'MANUAL', status: 'Running' },
      { kind: 'integrity', trigger: 'MANUAL', status: 'Running' },
    ]);
    const id = integrity?.id ?? 0;
    const checked = { files: 3, rows: 0, bytes: 70 };
    const first = [
      { kind: 'corrupt', digest: 'sha256:x', size: 7, action: 'set aside', repositories: ['library/app'] },
    ];
    const reported = { cursor: 'sha256:x', progress: 0.5, checked, found: { corrupt: { count: 1, bytes: 7 } }, first };
    await core.db.run(sql('UPDATE task SET extra_attrs = $2 WHERE execution_id = $1', id, JSON.stringify(reported)));
    expect((await core.get(`${path}/${id}`, admin)).body).toMatchObject({
      ...{ id, kind: 'integrity', status: 'Running' },
      report: { progress: 0.5, checked, findings: { corrupt: { count: 1, bytes: 7 } }, first_findings: first },
    });
    expect((await core.get(`${path}/${id}/log`, admin)).status).toBe(200);
    expect((await core.put(`${path}/${id}`, undefined, admin)).status).toBe(200);
    expect((await core.get(`${path}/${id}`, admin)).body).toMatchObject({ status: 'Stopped' });
    expect((await start({ kind: 'integrity' })).status).toBe(201);
    expect((await core.get(`${path}/4711`, admin)).status).toBe(404);
  });

  it('tells what is damaged until it is whole again', async () => {
    const digest = await content.push('app', 'damaged', { tag: 'damaged' });
    await core.db.run(sql(`INSERT INTO blob (digest, size) VALUES ('sha256:lost', 7)`));
    await core.db.run(sql(`INSERT INTO blob_damage (digest, kind, size) VALUES ('sha256:lost', 'missing', 7)`));
    const edge = `INSERT INTO artifact_blob SELECT id, 'sha256:lost', repository_id, project_id FROM artifact WHERE digest = $1`;
    await core.db.run(sql(edge, digest));
    const damaged = async () => (await core.get(`${path}/damaged?page_size=10`, admin)).body as object[];
    expect(await damaged()).toEqual([]);
    await core.db.run(sql(`UPDATE blob SET status = 'quarantined'`));
    expect(await damaged()).toMatchObject([
      { digest: 'sha256:lost', kind: 'missing', size: 7, repositories: ['library/app'] },
    ]);
  });
}
