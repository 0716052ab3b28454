import { ContentBuilder } from './content-builder.js';
import { admin, type Answer, type CoreApp } from './core-app.js';

interface ListedArtifact {
  digest: string;
  tags: { name: string }[] | null;
  accessories: { digest: string }[] | null;
  inherited_accessories?: { digest: string }[];
}

const listed = ({ body }: Answer): ListedArtifact[] => body as ListedArtifact[];
const digests = (answer: Answer): string[] => listed(answer).map(({ digest }) => digest);

/** Tests of the lists of a repository's and a project's artifacts: which ones, in which order, with what. */
export function artifactListCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let content: ContentBuilder;
  let projectId: number;
  const made: Record<'plain' | 'older' | 'untagged' | 'child' | 'taggedChild' | 'index' | 'signature', string> = {
    plain: '',
    older: '',
    untagged: '',
    child: '',
    taggedChild: '',
    index: '',
    signature: '',
  };
  const base = '/projects/lists/repositories/app/artifacts';
  const ask = (query = '') => core.get(`${base}${query === '' ? '' : `?${query}`}`, admin);
  const q = (text: string) => `q=${encodeURIComponent(text)}`;

  beforeAll(async () => {
    core = coreOf();
    projectId = await core.createProject('lists', admin, true);
    content = new ContentBuilder(core.db, projectId, 'lists');
    made.older = await content.push('app', 'older', { tag: 'v1.0' });
    made.untagged = await content.push('app', 'untagged', { type: 'CHART', artifactType: 'application/vnd.chart' });
    made.child = await content.push('app', 'child');
    made.taggedChild = await content.push('app', 'tagged child', { tag: 'amd64' });
    made.index = await content.pushIndex(
      'app',
      'index',
      [{ digest: made.child }, { digest: made.taggedChild }],
      'multi',
    );
    made.signature = await content.pushAccessory('app', 'signature', made.index);
    made.plain = await content.push('app', 'plain', { tag: 'latest' });
    await content.push('app', 'plain', { tag: 'v2.0' });
    await content.push('other', 'in another repository', { tag: 'latest', mediaType: 'application/other' });
  });

  it('shows tagged artifacts and untagged ones that no index refers to, the newest first', async () => {
    const answer = await ask();
    expect(digests(answer)).toEqual([made.plain, made.index, made.taggedChild, made.untagged, made.older]);
    expect(answer.headers['x-total-count']).toBe('5');
    expect(answer.headers['link']).toBeUndefined();
  });

  it('shows children of indexes with base=*, and accessories never', async () => {
    expect(digests(await ask(q('base=*')))).toContain(made.child);
    expect(digests(await ask(q('base=*')))).not.toContain(made.signature);
    expect((await ask(q('base=x'))).status).toBe(400);
    expect((await ask(q('base=~*'))).status).toBe(400);
  });

  it('goes by tags', async () => {
    expect(digests(await ask(q('tags=*')))).toEqual([made.plain, made.index, made.taggedChild, made.older]);
    expect(digests(await ask(q('tags=nil')))).toEqual([made.untagged]);
    expect(digests(await ask(q('tags=nil,base=*')))).toEqual([made.child, made.untagged]);
    expect(digests(await ask(q('tags=latest')))).toEqual([made.plain]);
    expect(digests(await ask(q('tags=~v')))).toEqual([made.plain, made.older]);
    expect(digests(await ask(q('tags=~%')))).toEqual([]);
    expect(digests(await ask(q('tags=no-such')))).toEqual([]);
    expect((await ask(q('tags={a b}'))).status).toBe(400);
    // Escaped once more, as some clients do.
    expect(digests(await ask('q=tags%253Dnil'))).toEqual([made.untagged]);
  });

  it('goes by columns, and ignores what it does not know', async () => {
    expect(digests(await ask(q('type=CHART')))).toEqual([made.untagged]);
    expect(digests(await ask(q(`digest=${made.older}`)))).toEqual([made.older]);
    expect(digests(await ask(q('media_type=application/vnd.oci.image.index.v1%2Bjson')))).toEqual([made.index]);
    expect(digests(await ask(q('artifact_type=application/vnd.chart,tags=nil')))).toEqual([made.untagged]);
    expect(digests(await ask(q('no_such_column=1')))).toHaveLength(5);
    expect(digests(await ask(q('push_time=[2001-01-01T00:00:00~2002-01-01T00:00:00]')))).toEqual([]);
    expect(digests(await ask(q('push_time=[2001-01-01T00:00:00~]')))).toHaveLength(5);
    expect((await ask(q('id=x'))).status).toBe(400);
  });

  it('finds nothing by label, because nothing has one', async () => {
    expect(digests(await ask(q('labels=(1 2)')))).toEqual([]);
    expect((await ask(q('labels=1'))).status).toBe(400);
  });

  it('sorts by any column and pages without overlap', async () => {
    expect(digests(await ask('sort=push_time'))).toEqual([
      made.older,
      made.untagged,
      made.taggedChild,
      made.index,
      made.plain,
    ]);
    const second = await ask('page=2&page_size=2&with_tag=false');
    expect(digests(second)).toEqual([made.taggedChild, made.untagged]);
    expect(second.headers['link']).toBe(
      `</api/v2.0${base}?page=1&page_size=2&with_tag=false>; rel="prev" , ` +
        `</api/v2.0${base}?page=3&page_size=2&with_tag=false>; rel="next"`,
    );
    expect(digests(await ask('page_size=0'))).toHaveLength(5);
  });

  it('shows tags unless told not to, accessories and inherited ones when asked', async () => {
    const [plain] = listed(await ask());
    expect(plain).toMatchObject({ tags: [{ name: 'v2.0' }, { name: 'latest' }], accessories: null, labels: null });
    expect(listed(await ask('with_tag=false'))[0]).toMatchObject({ tags: null });
    const full = listed(await ask('with_accessory=true&with_inherited_accessory=true'));
    const accessories = full.map((artifact) => [
      artifact.accessories?.map(({ digest }) => digest) ?? null,
      artifact.inherited_accessories?.map(({ digest }) => digest),
    ]);
    expect(accessories).toEqual([
      [null, undefined],
      [[made.signature], undefined],
      [null, [made.signature]],
      [null, undefined],
      [null, undefined],
    ]);
  });

  it('is 404 for a repository that is missing', async () => {
    const answer = await core.get('/projects/lists/repositories/missing/artifacts', admin);
    expect(answer).toMatchObject({ status: 404, body: { errors: [{ code: 'NOT_FOUND' }] } });
  });

  it('covers a project, by name or id, but not for anonymous callers', async () => {
    const inProject = (key: string | number, query = '') => core.get(`/projects/${key}/artifacts?${query}`, admin);
    expect((await inProject('lists')).headers['x-total-count']).toBe('6');
    expect((await inProject(projectId, q('tags=latest'))).headers['x-total-count']).toBe('2');
    expect((await core.get('/projects/lists/artifacts')).status).toBe(401);
    expect((await core.get(base)).status).toBe(200);
  });

  it('finds the latest of a type in each repository', async () => {
    const latest = (query: string) => core.get(`/projects/lists/artifacts?latest_in_repository=true&${query}`, admin);
    // Harbor unescapes `q` twice, which would make the plus a space.
    const image = 'application/vnd.oci.image.config.v1%2Bjson';
    const answer = await latest(q(`media_type=${image}`));
    expect(digests(answer)).toEqual([made.plain]);
    expect(answer.headers['x-total-count']).toBe('1');
    expect(digests(await latest(q(`artifact_type=${image}`)))).toHaveLength(2);
    expect((await latest('')).status).toBe(400);
    expect((await latest(q(`artifact_type=${image},media_type=${image}`))).status).toBe(400);
  });
}
