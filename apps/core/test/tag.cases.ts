import { sql } from '@haven/models';
import { ContentBuilder, digestOf } from './content-builder.js';
import { admin, type Answer, type CoreApp, type TestUser } from './core-app.js';

const names = ({ body }: Answer): string[] => (body as { name: string }[]).map(({ name }) => name);

/** Tests of the tags of one artifact. */
export function tagCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let guest: TestUser;
  let developer: TestUser;
  let maintainer: TestUser;
  let digest: string;
  let other: string;
  const artifact = (reference: string) => `/projects/tags/repositories/a%252Fb/artifacts/${reference}/tags`;

  beforeAll(async () => {
    core = coreOf();
    const content = new ContentBuilder(core.db, await core.createProject('tags'), 'tags');
    guest = await core.createUser('tag-guest');
    developer = await core.createUser('tag-developer');
    maintainer = await core.createUser('tag-maintainer');
    await core.addMember('tags', guest, 3);
    await core.addMember('tags', developer, 2);
    await core.addMember('tags', maintainer, 4);
    digest = await content.push('a/b', 'one', { tag: 'v1' });
    other = await content.push('a/b', 'two', { tag: 'v2' });
  });

  it('makes a tag, once in a repository', async () => {
    expect((await core.post(artifact('v1'), { name: 'stable' }, guest)).status).toBe(403);
    const made = await core.post(artifact('v1'), { name: 'stable' }, developer);
    expect(made).toMatchObject({ status: 201, body: undefined });
    expect(made.headers['location']).toBeUndefined();
    expect((await core.post(artifact(digest), { name: 'stable' }, developer)).status).toBe(409);
    expect((await core.post(artifact('v2'), { name: 'stable' }, developer)).status).toBe(409);
    const { n } = await core.db.one<{ n: number }>(
      sql(
        `SELECT count(*) AS n FROM audit_log_ext
          WHERE resource = 'tags/a/b:stable' AND operation = 'create' AND username = 'tag-developer'`,
      ),
    );
    expect(n).toBe(1);
  });

  it('refuses names that no tag can have, and artifacts that are not there', async () => {
    for (const name of ['-x', 'a b', 'a/b', 'a'.repeat(129), 'nul\0']) {
      expect([name, (await core.post(artifact('v1'), { name }, developer)).status]).toEqual([name, 400]);
    }
    expect((await core.post(artifact('v1'), {}, developer)).status).toBe(422);
    expect((await core.post(artifact('v1'), { name: '' }, developer)).status).toBe(422);
    expect((await core.post(artifact('v1'), { name: 7 }, developer)).status).toBe(400);
    expect((await core.post(artifact('missing'), { name: 'x' }, developer)).status).toBe(404);
    expect((await core.post(artifact(digestOf('never')), { name: 'x' }, developer)).status).toBe(404);
  });

  it('lists the tags of an artifact, the newest first', async () => {
    const answer = await core.get(artifact('v1'), guest);
    expect(names(answer)).toEqual(['stable', 'v1']);
    expect(answer.headers['x-total-count']).toBe('2');
    expect(names(await core.get(`${artifact(digest)}?sort=-name`, guest))).toEqual(['v1', 'stable']);
    expect(names(await core.get(`${artifact(digest)}?q=name%3D~STAB`, guest))).toEqual(['stable']);
    const page = await core.get(`${artifact('v1')}?page_size=1`, guest);
    expect(page.headers['link']).toBe(`</api/v2.0${artifact('v1')}?page=2&page_size=1>; rel="next"`);
    expect((await core.get(artifact('missing'), guest)).status).toBe(404);
  });

  it('removes a tag from its own artifact only, and leaves the artifact', async () => {
    expect((await core.delete(`${artifact('v1')}/stable`, developer)).status).toBe(403);
    expect((await core.delete(`${artifact('v2')}/stable`, maintainer)).status).toBe(404);
    expect((await core.delete(`${artifact('v1')}/missing`, maintainer)).status).toBe(404);
    expect((await core.delete(`${artifact('v1')}/%00`, maintainer)).status).toBe(400);
    expect(await core.delete(`${artifact('v1')}/stable`, maintainer)).toMatchObject({ status: 200, body: undefined });
    expect((await core.delete(`${artifact(other)}/v2`, maintainer)).status).toBe(200);
    expect(names(await core.get(artifact(other), guest))).toEqual([]);
    const list = await core.get('/projects/tags/repositories/a%252Fb/artifacts?q=tags%3Dnil', admin);
    expect(list.body).toEqual([expect.objectContaining({ digest: other, tags: null })]);
  });
}
