import { ContentBuilder } from './content-builder.js';
import { admin, CoreApp, type Credentials, type TestUser } from './core-app.js';
import { scrubCases } from './scrub.cases.js';
import { spaceCases } from './space.cases.js';

let core: CoreApp;
let content: ContentBuilder;
let guest: TestUser;

beforeAll(async () => {
  core = await CoreApp.start();
  guest = await core.createUser('guest');
  content = new ContentBuilder(core.db, 1, 'library');
});
afterAll(() => core.stop());

interface Trashed {
  id: number;
  digest: string;
  tags: string[];
}

const path = '/projects/library/trash';
const trash = async (): Promise<Trashed[]> => (await core.get(path, admin)).body as Trashed[];

describe('the trash of a project', () => {
  it('has what was deleted, and gives it back with its tag', async () => {
    const digest = await content.push('app', 'one', { tag: 'v1' });
    await core.delete(`/projects/library/repositories/app/artifacts/${digest}`, admin);
    const [row] = await trash();
    expect(row).toMatchObject({ digest, tags: ['v1'], repository_name: 'library/app', deleted_by: 'admin' });
    expect((await core.get(`${path}/size`, admin)).body).toMatchObject({ artifacts: 1 });
    const answer = await core.post(`${path}/${row?.id ?? 0}/restore`, undefined, admin);
    expect(answer).toMatchObject({ status: 200, body: { digests: [digest], tags: ['v1'], tags_kept_elsewhere: [] } });
    expect((await core.get('/projects/library/repositories/app/artifacts/v1', admin)).body).toMatchObject({ digest });
    expect(await trash()).toEqual([]);
    expect((await core.post(`${path}/${row?.id ?? 0}/restore`, undefined, admin)).status).toBe(404);
  });

  it('gives a whole repository back, more than once', async () => {
    const digests = [
      await content.push('whole', 'whole one', { tag: 'v1' }),
      await content.push('whole', 'whole two', { tag: 'v2' }),
    ];
    await core.put('/projects/library/repositories/whole', { description: 'ours' }, admin);
    await core.delete('/projects/library/repositories/whole', admin);
    const again = (as?: Credentials) => core.post(`${path}/repositories/whole/restore`, undefined, as);
    expect([(await again()).status, (await again(guest)).status]).toEqual([401, 403]);
    const none = { total: 0, first: [] };
    const tags = { total: 2, first: ['v1', 'v2'] };
    expect(await again(admin)).toMatchObject({
      status: 200,
      body: { digests: { total: 2, first: digests }, tags, tags_kept_elsewhere: none, incomplete: none },
    });
    const { body } = await core.get('/projects/library/repositories/whole', admin);
    expect(body).toMatchObject({ description: 'ours', artifact_count: 2 });
    expect((await again(admin)).body).toMatchObject({ digests: none });
    expect((await core.post(`${path}/repositories/never/restore`, undefined, admin)).status).toBe(404);
  });

  it('can be emptied, and is nobody else’s', async () => {
    const digest = await content.push('app', 'two', { tag: 'v2' });
    await core.delete(`/projects/library/repositories/app/artifacts/${digest}`, admin);
    expect((await core.get(path, guest)).status).toBe(403);
    expect((await core.call('DELETE', `/api/v2.0${path}`, { as: admin })).status).toBe(200);
    expect(await trash()).toEqual([]);
  });
});

describe('system/gc', () => {
  const start = (type: string, parameters: object = {}) =>
    core.post('/system/gc/schedule', { schedule: { type, cron: '' }, parameters }, admin);

  it('starts a collection, shows it in the history, and stops it', async () => {
    const answer = await start('Manual', { delete_untagged: true, dry_run: true, workers: 2 });
    expect(answer.status).toBe(201);
    const [entry] = (await core.get('/system/gc', admin)).body as { id: number; job_parameters: string }[];
    expect(entry).toMatchObject({ job_name: 'GARBAGE_COLLECTION', job_kind: 'MANUAL' });
    const shown: unknown = JSON.parse(entry?.job_parameters ?? '');
    expect(shown).toEqual({ delete_untagged: true, dry_run: true, workers: 2 });
    const id = entry?.id ?? 0;
    expect((await core.put(`/system/gc/${id}`, undefined, admin)).status).toBe(200);
    expect((await core.get(`/system/gc/${id}`, admin)).body).toMatchObject({ id, job_status: 'Stopped' });
    expect((await core.get('/system/gc/4711', admin)).status).toBe(404);
  });

  it('keeps a schedule until it is taken away', async () => {
    expect((await start('Daily')).status).toBe(201);
    expect((await core.get('/system/gc/schedule', admin)).body).toMatchObject({ schedule: { type: 'Daily' } });
    await core.put('/system/gc/schedule', { schedule: { type: 'None' } }, admin);
    expect((await core.get('/system/gc/schedule', admin)).body).toEqual({});
    expect((await start('Manual', { workers: 0 })).status).toBe(400);
  });
});

describe('space', () => {
  spaceCases(() => core);
});

describe('system/scrub', () => {
  scrubCases(() => core);
});
