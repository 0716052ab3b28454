import { sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, createdId, type Answer, type CoreApp, type TestUser } from './core-app.js';

const namesOf = ({ body }: Answer): string[] => (body as { name: string }[]).map(({ name }) => name);

/** Tests of labels, and of labels on artifacts. */
export function labelCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let projectId: number;
  let owner: TestUser;
  let developer: TestUser;
  let stranger: TestUser;
  let content: ContentBuilder;
  const artifact = '/projects/labelled/repositories/app/artifacts/v1';

  const make = async (body: object, as = admin): Promise<number> => createdId(await core.post('/labels', body, as));

  beforeAll(async () => {
    core = coreOf();
    owner = await core.createUser('label-owner');
    developer = await core.createUser('label-developer');
    stranger = await core.createUser('label-stranger');
    projectId = await core.createProject('labelled', owner);
    await core.addMember(projectId, developer, 2);
    content = new ContentBuilder(core.db, projectId, 'labelled');
    await content.push('app', 'labelled one', { tag: 'v1' });
    await content.push('app', 'labelled two', { tag: 'v2' });
  });

  it('of the platform are made by administrators, and seen by everybody', async () => {
    const id = await make({ name: 'reviewed', description: 'by hand', color: '#00FF00', scope: 'g' });
    expect((await core.get(`/labels/${id}`, admin)).body).toEqual({
      id,
      name: 'reviewed',
      description: 'by hand',
      color: '#00FF00',
      scope: 'g',
      creation_time: expect.any(String) as string,
      update_time: expect.any(String) as string,
    });
    expect(namesOf(await core.get('/labels?scope=g'))).toEqual(['reviewed']);
    expect(namesOf(await core.get('/labels?scope=g&name=view'))).toEqual(['reviewed']);
    expect(namesOf(await core.get('/labels?scope=g&name=other'))).toEqual([]);
    expect((await core.post('/labels', { name: 'mine', scope: 'g' }, owner)).status).toBe(403);
    expect((await core.post('/labels', { name: 'mine', scope: 'g' })).status).toBe(401);
    expect((await core.delete(`/labels/${id}`, owner)).status).toBe(403);
    expect((await core.get(`/labels/${id}`)).status).toBe(401);
  });

  it('of a project are made by its maintainers, and seen by its members', async () => {
    const id = await make({ name: 'stable', scope: 'p', project_id: projectId }, owner);
    const list = `/labels?scope=p&project_id=${projectId}`;
    expect(namesOf(await core.get(list, developer))).toEqual(['stable']);
    expect((await core.get(list, stranger)).status).toBe(403);
    expect((await core.get(list)).status).toBe(401);
    expect((await core.get(`/labels/${id}`, developer)).body).toMatchObject({ scope: 'p', project_id: projectId });
    expect((await core.get(`/labels/${id}`, stranger)).status).toBe(403);
    expect((await core.put(`/labels/${id}`, { name: 'x' }, developer)).status).toBe(403);
    expect((await core.put(`/labels/${id}`, { name: 'solid', color: 'red' }, owner)).status).toBe(200);
    expect((await core.get(`/labels/${id}`, owner)).body).toMatchObject({ name: 'solid', color: 'red' });
    expect((await core.post('/labels', { name: 'solid', scope: 'p', project_id: projectId }, owner)).status).toBe(409);
    const other = await make({ name: 'other', scope: 'p', project_id: projectId }, owner);
    expect((await core.put(`/labels/${other}`, { name: 'solid' }, owner)).status).toBe(409);
    expect((await core.delete(`/labels/${other}`, owner)).status).toBe(200);
    expect((await core.get(`/labels/${other}`, owner)).status).toBe(404);
  });

  it('do not become the same by two changes at one moment', async () => {
    const ids = [await make({ name: 'left', scope: 'g' }), await make({ name: 'right', scope: 'g' })];
    const changes = await Promise.all(ids.map((id) => core.put(`/labels/${id}`, { name: 'middle' }, admin)));
    expect(changes.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    for (const id of ids) expect((await core.delete(`/labels/${id}`, admin)).status).toBe(200);
  });

  it('are refused without a name, a scope or a project', async () => {
    const refused = [
      { scope: 'g' },
      { name: 'a'.repeat(129), scope: 'g' },
      { name: 'x' },
      { name: 'x', scope: 'q' },
      { name: 'x', scope: 'p' },
      { name: 'x', scope: 'p', project_id: -1 },
      { name: 'nul\0', scope: 'g' },
    ];
    for (const body of refused) expect([body, (await core.post('/labels', body, admin)).status]).toEqual([body, 400]);
    expect((await core.post('/labels', { name: 'x', scope: 'p', project_id: 999_999 }, admin)).status).toBe(404);
    expect((await core.get('/labels?scope=p', admin)).status).toBe(400);
    expect((await core.get('/labels?scope=all', admin)).status).toBe(400);
  });

  it('go on artifacts, are shown and found there, and come off again', async () => {
    const global = await make({ name: 'audited', scope: 'g' });
    const own = await make({ name: 'ready', scope: 'p', project_id: projectId }, owner);
    expect((await core.post(`${artifact}/labels`, { id: global }, developer)).status).toBe(200);
    expect((await core.post(`${artifact}/labels`, { id: own }, developer)).status).toBe(200);
    expect((await core.post(`${artifact}/labels`, { id: own }, developer)).status).toBe(409);
    const shown = await core.get(`${artifact}?with_label=true`, developer);
    expect(shown.body).toMatchObject({ labels: [{ name: 'audited' }, { name: 'ready' }] });
    expect((await core.get(artifact, developer)).body).toMatchObject({ labels: null });
    const found = async (ids: string) => {
      const list = await core.get(`/projects/labelled/repositories/app/artifacts?q=labels%3D(${ids})`, developer);
      return (list.body as { tags: { name: string }[] }[]).map(({ tags }) => tags[0]?.name);
    };
    expect(await found(`${global}%20${own}`)).toEqual(['v1']);
    expect(await found('999999')).toEqual([]);
    expect((await core.delete(`${artifact}/labels/${own}`, developer)).status).toBe(200);
    expect((await core.delete(`${artifact}/labels/${own}`, developer)).status).toBe(404);
    expect(await found(`${global}%20${own}`)).toEqual([]);
    expect((await core.delete(`/labels/${global}`, admin)).status).toBe(200);
    expect((await core.get(`${artifact}?with_label=true`, developer)).body).toMatchObject({ labels: null });
  });

  it('of another project do not go on an artifact', async () => {
    const elsewhere = await core.createProject('labelled-elsewhere', admin);
    const foreign = await make({ name: 'foreign', scope: 'p', project_id: elsewhere });
    expect((await core.post(`${artifact}/labels`, { id: foreign }, developer)).status).toBe(404);
    expect((await core.post(`${artifact}/labels`, { id: 999_999 }, developer)).status).toBe(404);
    expect((await core.post(`${artifact}/labels`, {}, developer)).status).toBe(422);
  });

  it('go into the trash with their artifact, and away with their project', async () => {
    const id = await make({ name: 'last', scope: 'p', project_id: projectId }, owner);
    const path = '/projects/labelled/repositories/app/artifacts/v2';
    await core.post(`${path}/labels`, { id }, developer);
    expect((await core.delete(path, owner)).status).toBe(200);
    const { labels } = await core.db.one<{ labels: number[] }>(
      sql(`SELECT snapshot->'labels' AS labels FROM artifact_trash WHERE project_id = $1`, projectId),
    );
    expect(labels).toEqual([id]);
    const gone = await core.createProject('labelled-gone', admin);
    const label = await make({ name: 'gone', scope: 'p', project_id: gone });
    await core.delete(`/projects/${gone}`, admin);
    expect((await core.get(`/labels/${label}`, admin)).status).toBe(404);
  });
}
