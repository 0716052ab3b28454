import { randomUUID } from 'node:crypto';
import { sql } from '@haven/models';
import { TrafficJob } from '../src/traffic/traffic.job.js';
import { admin, type CoreApp, type TestUser } from './core-app.js';

const hour = (text: string): string => `2026-03-0${text}:00:00.000Z`;
const range = 'from=2026-03-01&to=2026-03-09';

/** Tests of what is counted by the hour, and of the reports that are made of it. */
export function reportCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let [projectAdmin, developer]: TestUser[] = [];
  let projectId: number;

  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await core.call('POST', path, { headers: core.asService, body });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const count = (items: object[], counted: object = { id: randomUUID() }) =>
    post('/service/traffic', { counted, items });
  const rows = async (path: string, as = admin): Promise<unknown> => {
    const answer = await core.get(path, as);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const eventOf = (action: string, repository: string, timestamp: string, more: object = {}) => ({
    ...{ id: randomUUID(), timestamp, action, projectId, target: { repository }, ...more },
  });

  beforeAll(async () => {
    core = coreOf();
    projectId = await core.createProject('counted');
    await core.createProject('other');
    projectAdmin = await core.createUser('report-admin');
    developer = await core.createUser('report-developer');
    await core.addMember('counted', projectAdmin, 1);
    await core.addMember('counted', developer, 2);
    await core.db.run(
      sql(`INSERT INTO repository (project_id, name, listed) SELECT project_id, name || '/app', true FROM project
            WHERE name IN ('counted', 'other') ON CONFLICT DO NOTHING`),
    );
    const push = eventOf('push', 'counted/app', hour('2T08'), { artifactId: 1 });
    await post('/service/notifications', { events: [push, eventOf('push', 'counted/app', hour('2T08'))] });
    await post('/service/notifications', { events: [push] });
    await post('/service/notifications', {
      events: [
        eventOf('pull', 'counted/app', hour('2T09'), { count: 7 }),
        eventOf('delete', 'counted/gone', hour('3T10')),
        eventOf('refuse', 'counted/app', hour('3T10')),
      ],
    });
    const id = randomUUID();
    const item = { repository: 'counted/app', at: hour('2T08'), bytesIn: 1_000 };
    await count([item, { repository: 'other/app', at: hour('2T08'), bytesIn: 50 }], { id });
    await count([item], { id });
  });

  it('are for system administrators, and for whom the log of the project is open to', async () => {
    const path = (project: string) => `/projects/${project}/reports/traffic`;
    const statuses = async (path: string): Promise<number[]> =>
      Promise.all([undefined, developer, projectAdmin, admin].map(async (as) => (await core.get(path, as)).status));
    expect(await statuses('/reports/traffic')).toEqual([401, 403, 403, 200]);
    expect(await statuses(path('counted'))).toEqual([401, 403, 200, 200]);
    expect(await statuses(path('other'))).toEqual([401, 403, 403, 200]);
  });

  it('say what is wrong with a question', async () => {
    for (const [query, status] of [
      ['nonsense', 404],
      ['traffic?from=yesterday', 400],
      ['traffic?from=2026-03-02&to=2026-03-01', 400],
      ['traffic?from=2020-03-02&to=2026-03-01', 400],
      ['traffic?interval=minute', 400],
      ['top-images?rank=1%3B', 400],
      ['growth?format=xml', 400],
      ['traffic?page_size=x', 422],
    ] as const) {
      expect([query, (await core.get(`/reports/${query}`, admin)).status]).toEqual([query, status]);
    }
  });

  const none = { pushes: 0, pulls: 0, deletes: 0, failures: 0, bytes_in: 0, bytes_out: 0 };

  it('count everything once, in its hour, whatever comes twice', async () => {
    expect(await rows(`/reports/traffic?${range}&interval=hour&by=project`)).toEqual([
      { ...none, time: hour('2T08'), project_name: 'counted', pushes: 1, bytes_in: 1_000 },
      { ...none, time: hour('2T08'), project_name: 'other', bytes_in: 50 },
      { ...none, time: hour('2T09'), project_name: 'counted', pulls: 7 },
      { ...none, time: hour('3T10'), project_name: 'counted', deletes: 1 },
    ]);
    expect(await rows(`/reports/traffic?${range}`)).toEqual([
      { ...none, time: hour('2T00'), pushes: 1, pulls: 7, bytes_in: 1_050 },
      { ...none, time: hour('3T00'), deletes: 1 },
    ]);
    expect(await rows(`/projects/other/reports/traffic?${range}`)).toEqual([
      { ...none, time: hour('2T00'), bytes_in: 50 },
    ]);
  });

  it('count a log from where it was counted to, and names that are no repository together', async () => {
    const source = randomUUID();
    const item = { repository: 'other/app', at: hour('4T01'), bytesOut: 10, pullFailures: 1 };
    expect(await count([item], { source, from: 0, to: 99 })).toEqual({ countedUpTo: null });
    expect(await count([item, item], { source, from: 0, to: 199 })).toEqual({ countedUpTo: 99 });
    expect(await count([item], { source, from: 120, to: 199 })).toEqual({ countedUpTo: null });
    const invented = [1, 2, 3].map((index) => ({ ...item, repository: `other/invented-${index}` }));
    await count([...invented, { ...item, repository: 'no-project/app' }]);
    expect(await rows(`/reports/failures?from=2026-03-04&to=2026-03-05`)).toEqual([
      {
        time: hour('4T00'),
        project_name: 'other',
        repository_name: '',
        failures: 3,
        push_failures: 0,
        pull_failures: 3,
      },
      {
        ...{ time: hour('4T00'), project_name: 'other', repository_name: 'other/app' },
        ...{ failures: 2, push_failures: 0, pull_failures: 2 },
      },
    ]);
  });

  it('rank images, page by page', async () => {
    const path = `/reports/top-images?from=2026-03-02&to=2026-03-03`;
    const names = async (query: string) =>
      ((await rows(`${path}${query}`)) as { repository_name: string }[]).map((row) => row.repository_name);
    expect(await names('')).toEqual(['counted/app']);
    expect(await names('&rank=bytes_in')).toEqual(['counted/app', 'other/app']);
    expect(await names('&rank=bytes_in&page=2&page_size=1')).toEqual(['other/app']);
    const answer = await core.get(`${path}&rank=bytes_in&page_size=1`, admin);
    expect(answer.headers['x-total-count']).toBe('2');
    expect(answer.headers['link']).toContain('page=2');
  });

  it('come as tables', async () => {
    const path = `/api/v2.0/projects/counted/reports/traffic?${range}&interval=hour`;
    const table = [
      'time,pushes,pulls,deletes,failures,bytes_in,bytes_out',
      `${hour('2T08')},1,0,0,0,1000,0`,
      `${hour('2T09')},0,7,0,0,0,0`,
      `${hour('3T10')},0,0,1,0,0,0`,
      '',
    ].join('\r\n');
    const answer = await core.raw('GET', `${path}&format=csv`, admin);
    expect(answer.text).toBe(table);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="traffic.csv"');
    const accepting = await core.get(path.slice('/api/v2.0'.length), admin, { accept: 'text/csv' });
    expect(accepting.headers['content-type']).toBe('text/csv; charset=utf-8');
  });

  it('show how projects grow, and forget what is too old', async () => {
    await core.db.run(
      sql(
        `INSERT INTO storage_day (project_id, day, bytes) VALUES
           ($1, '2026-03-01', 100), ($1, '2026-03-02', 300), (1, '2026-03-02', 5), ($1, '2001-01-01', 1)`,
        projectId,
      ),
    );
    await core.db.run(
      sql(`INSERT INTO traffic_hour (project_id, repository, hour) VALUES ($1, 'x', '2001-01-01')`, projectId),
    );
    expect(await rows(`/reports/growth?${range}`)).toEqual([
      { day: '2026-03-01', stored_bytes: 100 },
      { day: '2026-03-02', stored_bytes: 305 },
    ]);
    expect(await rows(`/projects/counted/reports/growth?${range}&by=project`)).toEqual([
      { day: '2026-03-01', project_name: 'counted', stored_bytes: 100 },
      { day: '2026-03-02', project_name: 'counted', stored_bytes: 300 },
    ]);
    await core.db.run(sql('INSERT INTO quota_delta (project_id, bytes) VALUES ($1, 1234)', projectId));
    await core.service(TrafficJob).runNow();
    expect(await rows(`/projects/counted/reports/growth`)).toMatchObject([{ stored_bytes: 1_234 }]);
    const old = await core.db.one(
      sql(`SELECT (SELECT count(*) FROM storage_day WHERE day < '2002-01-01')
                + (SELECT count(*) FROM traffic_hour WHERE hour < '2002-01-01') AS left`),
    );
    expect(old).toEqual({ left: 0 });
  });
}
