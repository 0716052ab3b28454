import { sql } from '@haven/models';
import { PlatformFigureService } from '../src/metrics/platform-figure.service.js';
import { admin, CoreApp, type TestUser } from './core-app.js';

const perPage = 7;

/** @param given asked for when the tests run */
export function auditPageCases(given: () => CoreApp): void {
  describe('pages of a long audit log', () => {
    let core: CoreApp;
    let reader: TestUser;

    beforeAll(async () => {
      core = given();
      reader = await core.createUser('page-reader');
      for (const name of ['pages-one', 'pages-two']) {
        const projectId = await core.createProject(name);
        await core.addMember(projectId, reader, 1);
        // Of many days, some without a line, and several lines of one moment.
        await core.db.run(
          sql(
            `INSERT INTO audit_log_ext (project_id, operation, resource_type, resource, username, op_time)
             SELECT $1, 'create', 'artifact', 'page-' || n, 'admin', timestamptz '2026-01-01' + interval '7 hours' * (n / 2 + n / 20 * 9)
               FROM generate_series(1, 60) AS n`,
            projectId,
          ),
        );
      }
    });

    /** Ids of the whole list, page by page. */
    const read = async (path: string, as: TestUser): Promise<{ ids: number[]; totals: Set<number> }> => {
      const ids: number[] = [];
      const totals = new Set<number>();
      for (let page = 1; ; page += 1) {
        const answer = await core.get(`${path}page=${page}&page_size=${perPage}`, as);
        expect(answer.status).toBe(200);
        totals.add(Number(answer.headers['x-total-count']));
        const entries = answer.body as { id: number }[];
        ids.push(...entries.map(({ id }) => id));
        if (entries.length < perPage) return { ids, totals };
      }
    };
    const idsOf = async (where: string, order: string): Promise<number[]> => {
      const text = `SELECT id FROM audit_log_ext WHERE ${where} ORDER BY ${order}`;
      return (await core.db.rows<{ id: number }>(sql(text))).map(({ id }) => id);
    };
    const ofReader = `project_id IN (SELECT project_id FROM project WHERE name LIKE 'pages-%')`;

    const cases = (): [string, TestUser, string][] => [
      ['/auditlog-exts?', admin, 'TRUE'],
      ['/auditlog-exts?', reader, ofReader],
      [
        '/projects/pages-two/auditlog-exts?',
        reader,
        `project_id = (SELECT project_id FROM project WHERE name = 'pages-two')`,
      ],
    ];
    const expectAllPages = async (): Promise<void> => {
      for (const [path, as, where] of cases()) {
        for (const [sort, order] of [
          ['', 'op_time DESC, id DESC'],
          ['sort=op_time&', 'op_time, id'],
          ['sort=-id&', 'id DESC'],
        ] as const) {
          const expected = await idsOf(where, order);
          const { ids, totals } = await read(`${path}${sort}`, as);
          expect([path, sort, ids]).toEqual([path, sort, expected]);
          expect([...totals]).toEqual([expected.length]);
        }
      }
    };

    it('hold every line once, in order', () => expectAllPages());

    it('still do when lines were purged, and counts folded', async () => {
      await core.db.run(sql(`DELETE FROM audit_log_ext WHERE op_time < '2026-01-03' OR resource = 'page-33'`));
      await expectAllPages();
      await core.service(PlatformFigureService).refresh();
      await expectAllPages();
    });
  });
}
