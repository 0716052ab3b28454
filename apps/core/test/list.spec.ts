import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { sql } from '@haven/models';
import { ContentBuilder } from './content-builder.js';
import { admin, CoreApp, type TestUser } from './core-app.js';

const labels = 2_500;
const perPage = 100;
/** Who asks, what they may, the list, how long it is, and what hangs on its entries: of artifacts, that is much. */
const most = 11;

let core: CoreApp;
let member: TestUser;
let projectId: number;
/** Statements of the request that they were sent for. */
const statements = new AsyncLocalStorage<string[]>();
const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
const { query } = prototype;

beforeAll(async () => {
  core = await CoreApp.start();
  projectId = await core.createProject('many');
  member = await core.createUser('lister');
  await core.addMember(projectId, member, 1);
  const content = new ContentBuilder(core.db, projectId, 'many');
  for (let n = 0; n < 12; n += 1) {
    await core.createProject(`other-${n}`);
    await core.addMember(projectId, await core.createUser(`user-${n}`), 2);
    await content.push(`app-${n}`, `image ${n}`, { tag: 'v1' });
    await content.push('big', `big ${n}`, { tag: `v${n}` });
    await content.push('big', 'big 0', { tag: `also-${n}` });
  }
  await core.db.run(
    sql(
      `INSERT INTO harbor_label (name, scope, project_id) SELECT 'label-' || lpad(n::text, 4, '0'), 'p', $1
         FROM generate_series(1, $2::int) AS n`,
      projectId,
      labels,
    ),
  );
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [first] = args as [string | { text?: string }];
    statements.getStore()?.push(typeof first === 'string' ? first : (first.text ?? ''));
    return query.apply(this, args);
  };
});
afterAll(async () => {
  prototype.query = query;
  await core.stop();
});

describe('a list', () => {
  it.each([
    '/projects',
    '/projects/many/repositories',
    '/repositories',
    '/projects/many/repositories/big/artifacts',
    '/projects/many/repositories/big/artifacts?with_label=true&with_accessory=true&with_immutable_status=true',
    '/projects/many/artifacts',
    '/projects/many/repositories/big/artifacts/also-0/tags',
    '/projects/many/repositories/big/artifacts/also-0/accessories',
    '/projects/many/members',
    '/projects/many/auditlog-exts',
    '/auditlog-exts',
    '/users',
    '/usergroups',
    '/robots',
    '/quotas',
    '/labels?scope=p&project_id=2',
  ])('%s asks the database as often for many entries as for few', async (path) => {
    const count = async (pageSize: number): Promise<number> => {
      const asked: string[] = [];
      const url = `${path}${path.includes('?') ? '&' : '?'}page_size=${pageSize}`;
      const answer = await statements.run(asked, () => core.get(url, admin));
      expect(answer.status).toBe(200);
      return asked.length;
    };
    // What is remembered for a while, such as the caller's password, is so from here on.
    await count(1);
    const few = await count(1);
    expect(await count(perPage)).toBe(few);
    expect(few).toBeGreaterThan(1);
    expect(few).toBeLessThanOrEqual(most);
  });

  const names = async (page: number, sort: string): Promise<unknown> => {
    const path = `/labels?scope=p&project_id=${projectId}&page=${page}&page_size=${perPage}&sort=${sort}`;
    const answer = await core.get(path, member);
    expect(answer.headers['x-total-count']).toBe(String(labels));
    return (answer.body as { name: string }[]).map(({ name }) => name);
  };
  const expected = (page: number, sort: string): string[] => {
    const all = Array.from({ length: labels }, (_, n) => `label-${String(n + 1).padStart(4, '0')}`);
    return (sort === '-name' ? all.reverse() : all).slice((page - 1) * perPage, page * perPage);
  };
  const pages = [1, 3, 2, 11, 12, 13, 20, 24, 25, 26];

  it.each(['name', '-name'])(
    'has the same pages by %s, however deep and from whichever end they are read',
    async (sort) => {
      for (const page of pages) expect(await names(page, sort)).toEqual(expected(page, sort));
    },
  );

  it.each(['name', '-name'])('has the same pages by %s when many ask for them at once', async (sort) => {
    for (const some of [pages, pages.filter((page) => page > 12), [14, 15], [25, 26]]) {
      const twice = [...some, ...some];
      const asked = await Promise.all(twice.map((page) => names(page, sort)));
      expect(asked).toEqual(twice.map((page) => expected(page, sort)));
    }
  });
});
