import { ContentBuilder } from './content-builder.js';
import { admin, createdId, type CoreApp, type TestUser } from './core-app.js';

const rule = (repository: string, tag: string, decorations = ['repoMatches', 'matches']) => ({
  disabled: false,
  action: 'immutable',
  template: 'immutable_template',
  tag_selectors: [{ kind: 'doublestar', decoration: decorations[1], pattern: tag }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: decorations[0], pattern: repository }] },
});
const refusal = (what: string) => ({
  status: 412,
  body: {
    errors: [
      {
        code: 'PRECONDITION',
        message: `Failed to process request due to 'immutable/${what}' configured as immutable.`,
      },
    ],
  },
});

/** Tests of rules under which tags stay where they are. */
export function immutableCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let owner: TestUser;
  let developer: TestUser;
  let content: ContentBuilder;
  let first: string;
  const rules = '/projects/immutable/immutabletagrules';
  const artifact = (reference: string) => `/projects/immutable/repositories/app/artifacts/${reference}`;

  beforeAll(async () => {
    core = coreOf();
    owner = await core.createUser('immutable-owner');
    developer = await core.createUser('immutable-developer');
    const projectId = await core.createProject('immutable', owner);
    await core.addMember(projectId, developer, 2);
    content = new ContentBuilder(core.db, projectId, 'immutable');
    first = await content.push('app', 'immutable one', { tag: 'v1' });
    await content.push('app', 'immutable one', { tag: 'dev' });
  });

  it('are made, listed, switched off, changed and removed', async () => {
    const id = createdId(await core.post(rules, rule('app', 'x*'), owner));
    expect((await core.get(rules, owner)).body).toEqual([{ id, ...rule('app', 'x*'), disabled: undefined }]);
    expect((await core.post(rules, rule('app', 'x*'), owner)).status).toBe(409);
    expect((await core.put(`${rules}/${id}`, { ...rule('app', 'ignored'), disabled: true }, owner)).status).toBe(200);
    expect((await core.get(rules, owner)).body).toMatchObject([{ disabled: true, tag_selectors: [{ pattern: 'x*' }] }]);
    await core.put(`${rules}/${id}`, rule('app', 'x*'), owner);
    expect((await core.put(`${rules}/${id}`, rule('app', 'y*'), owner)).status).toBe(200);
    expect((await core.get(rules, owner)).body).toMatchObject([{ tag_selectors: [{ pattern: 'y*' }] }]);
    const other = createdId(await core.post(rules, rule('app', 'z*'), owner));
    expect((await core.put(`${rules}/${other}`, rule('app', 'y*'), owner)).status).toBe(409);
    expect((await core.delete(`${rules}/${other}`, owner)).status).toBe(200);
    expect((await core.delete(`${rules}/${other}`, owner)).status).toBe(404);
    expect((await core.delete(`/projects/library/immutabletagrules/${id}`, admin)).status).toBe(404);
    expect((await core.delete(`${rules}/${id}`, owner)).status).toBe(200);
    expect((await core.get(rules, developer)).status).toBe(403);
  });

  it('may be long, and are still told apart', async () => {
    const params = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`param-${n}`, `${n * 7919}`]));
    const long = { ...rule('app', 'long'), params };
    expect((await core.post(rules, { ...long, params: { nested: params } }, owner)).status).toBe(422);
    const id = createdId(await core.post(rules, long, owner));
    expect((await core.post(rules, long, owner)).status).toBe(409);
    const other = createdId(await core.post(rules, { ...long, params: { ...params, more: 'x' } }, owner));
    for (const made of [id, other]) expect((await core.delete(`${rules}/${made}`, owner)).status).toBe(200);
  });

  it.each([
    [{}],
    [{ ...rule('app', 'v*'), tag_selectors: [] }],
    [{ ...rule('app', 'v*'), scope_selectors: {} }],
    [{ ...rule('app', 'v*'), action: 'mutable' }],
    [{ ...rule('app', 'v*'), template: 'another' }],
    [rule('app', '')],
    [rule('', 'v*')],
    [rule('app', 'v*', ['repoMatches', 'likes'])],
    [rule('app', 'v*', ['matches', 'matches'])],
    [rule('app', 'v'.repeat(256))],
    [rule('app', '[a-')],
    [rule('{app', 'v*')],
    [rule('app', '\ud800')],
    [{ ...rule('app', 'v*'), params: { text: 'x'.repeat(20_000) } }],
  ])('are refused where they could cover nothing: %j', async (body) => {
    expect((await core.post(rules, body, owner)).status).toBe(400);
  });

  it('keep a tag, its artifact and its repository', async () => {
    const id = createdId(await core.post(rules, rule('**', 'v*'), owner));
    await expect(content.push('app', 'immutable two', { tag: 'v1' })).rejects.toThrow(
      "Failed to process request due to 'immutable/app:v1' configured as immutable.",
    );
    expect((await core.get(artifact('v1'), owner)).body).toMatchObject({ digest: first });
    expect(await core.delete(`${artifact('v1')}/tags/v1`, owner)).toMatchObject(refusal('app:v1'));
    expect(await core.delete(artifact(first), owner)).toMatchObject(refusal('app:v1'));
    expect(await core.delete('/projects/immutable/repositories/app', owner)).toMatchObject(refusal('app:v1'));

    await content.push('app', 'immutable one', { tag: 'v1' });
    await content.push('app', 'immutable two', { tag: 'v2' });
    await content.push('app', 'immutable two', { tag: 'dev' });
    expect((await core.delete(`${artifact('dev')}/tags/dev`, owner)).status).toBe(200);

    const shown = await core.get(`${artifact('v1')}?with_immutable_status=true`, owner);
    expect(shown.body).toMatchObject({ tags: [{ name: 'v1', immutable: true }] });
    const tags = await core.get(`${artifact('v1')}/tags?with_immutable_status=true`, owner);
    expect(tags.body).toMatchObject([{ name: 'v1', immutable: true }]);
    expect((await core.get(artifact('v1'), owner)).body).toMatchObject({ tags: [{ name: 'v1', immutable: false }] });

    await core.put(`${rules}/${id}`, { ...rule('**', 'v*'), disabled: true }, owner);
    expect((await core.delete(`${artifact('v1')}/tags/v1`, owner)).status).toBe(200);
    expect((await core.delete('/projects/immutable/repositories/app', owner)).status).toBe(200);
    await core.delete(`${rules}/${id}`, owner);
  });
}
