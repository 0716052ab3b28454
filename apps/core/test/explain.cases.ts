import { sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, createdId, type CoreApp, type Credentials, type TestUser } from './core-app.js';

interface Explanation {
  subject: string;
  allowed: boolean;
  rules: { rule: string; outcome: string; detail: string }[];
}

/** Tests of why somebody may do something, or may not. */
export function explainCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let projectId: number;
  let owner: TestUser;
  let guest: TestUser;
  let stranger: TestUser;

  const explain = async (query: string, as: Credentials = admin): Promise<Explanation> => {
    const answer = await core.get(`/explain?repository=explained/app&${query}`, as);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Explanation;
  };
  const said = ({ rules }: Explanation): string[] => rules.map(({ rule, outcome }) => `${rule}: ${outcome}`);
  /** What a token for the repository really allows. */
  const isTrue = async (action: string, as: Credentials): Promise<boolean> => {
    const url = '/service/token?service=harbor-registry&scope=repository:explained/app:pull';
    const answer = await core.call('GET', url, { as });
    const [, payload = ''] = (answer.body as { token: string }).token.split('.');
    const { access } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { access: { actions: string[] }[] };
    return access[0]?.actions.includes(action) ?? false;
  };

  beforeAll(async () => {
    core = coreOf();
    owner = await core.createUser('explain-owner');
    guest = await core.createUser('explain-guest');
    stranger = await core.createUser('explain-stranger');
    projectId = await core.createProject('explained', owner);
    await core.addMember(projectId, guest, 3);
    await new ContentBuilder(core.db, projectId, 'explained').push('app', 'explained', { tag: 'v1' });
  });

  it('says what the tokens do', async () => {
    for (const user of [owner, guest, stranger, admin]) {
      for (const action of ['pull', 'push', 'delete']) {
        const { allowed } = await explain(`user=${user.username}&action=${action}`);
        expect([user.username, action, allowed]).toEqual([user.username, action, await isTrue(action, user)]);
      }
    }
  });

  it('names the rule', async () => {
    expect(await explain(`user=${guest.username}&action=push`)).toEqual({
      subject: 'explain-guest',
      allowed: false,
      rules: [
        { rule: 'project visibility', outcome: 'nothing', detail: 'explained is private' },
        { rule: 'membership', outcome: 'nothing', detail: 'guest' },
      ],
    });
    expect(said(await explain(`user=${stranger.username}&action=pull`))).toContain('membership: nothing');
    expect(said(await explain('action=delete'))).toContain('system administrator: allows');
    const group = createdId(await core.post('/usergroups', { group_name: 'explainers', group_type: 3 }, admin));
    await core.post(`/projects/${projectId}/members`, { role_id: 2, member_group: { id: group } }, admin);
    expect((await explain(`user=${guest.username}&action=push`)).allowed).toBe(false);
  });

  it('knows robots, and what keeps them out', async () => {
    const body = {
      name: 'explained',
      level: 'system',
      duration: 10,
      permissions: [{ kind: 'project', namespace: 'explained', access: [{ resource: 'repository', action: 'push' }] }],
    };
    const id = createdId(await core.post('/robots', body, admin));
    const robot = encodeURIComponent('robot$explained');
    expect(await explain(`robot=${robot}&action=pull`)).toMatchObject({ subject: 'robot$explained', allowed: true });
    expect((await explain(`robot=${robot}&action=delete`)).allowed).toBe(false);
    await core.db.run(sql('UPDATE robot SET disabled = true WHERE id = $1', id));
    const disabled = await explain(`robot=${robot}&action=push`);
    expect(disabled.allowed).toBe(false);
    expect(said(disabled)).toContain('account: denies');
  });

  it('sees what stands in the way of those who have the right', async () => {
    const push = (tag = '') => explain(`action=push${tag}`, owner);
    expect((await push('&tag=v1')).allowed).toBe(true);
    const rule = {
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
    };
    await core.post('/projects/explained/immutabletagrules', rule, owner);
    expect(said(await push('&tag=v1'))).toContain('immutable tag rule: denies');
    expect((await push('&tag=v2')).allowed).toBe(true);
    await core.db.run(sql('UPDATE quota SET hard_bytes = 1 WHERE project_id = $1', projectId));
    expect(said(await push())).toContain('storage quota: denies');
    expect((await explain('action=pull', owner)).allowed).toBe(true);
    await core.configure({ read_only: 'true' });
    expect(said(await push())).toContain('read-only mode: denies');
    await core.configure({ read_only: 'false' });
  });

  it('tells of others to their administrators only', async () => {
    const about = (as?: Credentials) =>
      core.get('/explain?repository=explained/app&action=pull&user=explain-guest', as);
    expect((await about(owner)).status).toBe(200);
    expect((await about(guest)).status).toBe(200);
    expect((await about(stranger)).status).toBe(403);
    expect((await about()).status).toBe(401);
  });

  it.each([
    ['action=pull', 400],
    ['repository=app&action=pull', 400],
    ['repository=explained/app&action=fly', 400],
    ['repository=explained/app&action=pull&user=a&robot=b', 400],
    ['repository=explained/app&action=pull&tag=-', 400],
    ['repository=explained/app&action=pull&user=nobody-at-all', 404],
    ['repository=explained/app&action=pull&robot=nobody-at-all', 404],
  ])('answers %s with %d', async (query, status) => {
    expect((await core.get(`/explain?${query}`, admin)).status).toBe(status);
  });

  it('says so when there is no such project', async () => {
    const answer = await core.get('/explain?repository=nowhere/app&action=pull', admin);
    expect(answer.body).toMatchObject({ allowed: false, rules: [{ rule: 'project', outcome: 'denies' }] });
  });
}
