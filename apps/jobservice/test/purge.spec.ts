import { Database, sql } from '@haven/models';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { PurgeAuditLogJob } from '../src/purge/purge-audit-log.job.js';
import { TestContext } from './test-context.js';

let test: TestDatabase;
let db: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'purge-test', connections: 2 });
});
afterAll(async () => {
  await db.close();
  await test.drop();
});
beforeEach(async () => {
  await db.run(sql('DELETE FROM audit_log_ext'));
  await db.run(
    sql(`INSERT INTO audit_log_ext (operation, resource_type, resource, username, op_time)
         SELECT operation, resource_type, 'r', 'u', now() - make_interval(hours => age, mins => 1)
           FROM (VALUES ('pull', 'artifact'), ('create', 'artifact'), ('login', 'user')) AS event (operation, resource_type),
                generate_series(1, 48) AS age`),
  );
});

const left = async (): Promise<Record<string, number>> => {
  const rows = await db.rows<{ operation: string; lines: number }>(
    sql('SELECT operation, count(*)::integer AS lines FROM audit_log_ext GROUP BY operation'),
  );
  return Object.fromEntries(rows.map(({ operation, lines }) => [operation, lines]));
};
const purge = async (retentionHours: number, eventTypes: string[], isDry = false): Promise<TestContext> => {
  const context = new TestContext();
  await new PurgeAuditLogJob(db).run({ retentionHours, eventTypes, isDry }, context);
  return context;
};

describe('the purge of the audit log', () => {
  it('removes old lines of the kinds that are named', async () => {
    const context = await purge(24, ['pull_artifact']);
    expect(await left()).toEqual({ pull: 23, create: 48, login: 48 });
    expect(context.lines[0]).toBe('Purge audit job start');
    expect(context.lines.at(-1)).toBe('Purged 25 rows of audit logs');
  });

  it('takes other for every kind but pushes, pulls and deletions', async () => {
    await purge(24, ['other']);
    expect(await left()).toEqual({ pull: 48, create: 48, login: 23 });
  });

  it('takes other for kinds as well that Harbor does not have', async () => {
    await db.run(
      sql(`INSERT INTO audit_log_ext (operation, resource_type, resource, username, op_time)
           VALUES ('update', 'repository', 'library/app', 'alice', now() - interval '2 days')`),
    );
    await purge(24, ['update_project']);
    expect(await left()).toHaveProperty('update', 1);
    await purge(24, ['other']);
    expect(await left()).not.toHaveProperty('update');
  });

  it('counts only, when it is a dry run', async () => {
    expect((await purge(24, ['pull_artifact'], true)).lines.at(-1)).toBe('[DRYRUN]Purged 25 rows of audit logs');
    expect(await left()).toEqual({ pull: 48, create: 48, login: 48 });
  });

  it.each([
    [0, ['pull_artifact']],
    [-1, ['pull_artifact']],
    [24, ['no_such_type', '']],
  ])('keeps everything for %i hours of %j', async (hours, types) => {
    await purge(hours, types);
    expect(await left()).toEqual({ pull: 48, create: 48, login: 48 });
  });
});
