import { hash } from 'node:crypto';
import {
  Database,
  ensureRepository,
  insertProject,
  planRetention,
  putArtifact,
  sql,
  type RetentionRule,
} from '@haven/models';
import { startExecution } from '@haven/queue';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { readJobserviceConfig } from '../src/jobservice.config.js';
import { RetentionPlanJob } from '../src/retention/retention-plan.job.js';
import { RetentionJob } from '../src/retention/retention.job.js';
import { RetentionRepository } from '../src/retention/retention.repository.js';
import { TestContext } from './test-context.js';

let test: TestDatabase;
let db: Database;
let retention: RetentionRepository;
let project: { id: number; name: string };
let projects = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'retention-test', connections: 4 });
  retention = new RetentionRepository(db);
});
afterAll(async () => {
  await db.close();
  await test.drop();
});
beforeEach(async () => {
  projects += 1;
  const name = `kept-${projects}`;
  const id = await db.transaction((tx) => insertProject(tx, { name, ownerId: 1, storageLimitBytes: -1, metadata: {} }));
  project = { id: id ?? 0, name };
});

const sha256 = (text: string): string => `sha256:${hash('sha256', text, 'hex')}`;

/** Pushes a manifest without blobs, as if so many days ago. */
async function push(repository: string, seed: string, tags: string[], daysAgo: number): Promise<string> {
  const payload = Buffer.from(JSON.stringify({ schemaVersion: 2, seed: `${project.name}/${repository}/${seed}` }));
  const digest = sha256(payload.toString());
  const name = `${project.name}/${repository}`;
  await db.transaction(async (tx) => {
    const place = await ensureRepository(tx, project.id, name);
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    await putArtifact(
      tx,
      {
        ...{ digest, payload, manifestMediaType: mediaType, mediaType, artifactType: '', type: 'IMAGE' },
        ...{ sizeBytes: payload.length, blobDigests: [], children: [], annotations: {}, extraAttrs: {} },
      },
      { repository: place, tags, actor: 'alice', sourceIp: '', consumers: [], requestId: '', userAgent: '' },
    );
    const when = `now() - make_interval(days => ${daysAgo})`;
    await tx.run(
      sql(
        `UPDATE artifact SET push_time = ${when} WHERE repository_id = $1 AND digest = $2`,
        place.repositoryId,
        digest,
      ),
    );
    await tx.run(
      sql(`UPDATE tag SET push_time = ${when} WHERE repository_id = $1 AND name = ANY($2)`, place.repositoryId, tags),
    );
  });
  return digest;
}

const latest = (count: number): RetentionRule => ({
  ...{ disabled: false, action: 'retain', template: 'latestPushedK', params: { latestPushedK: count } },
  tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: '**', extras: '' }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**', extras: '' }] },
});

/** A run, up to its plan; then `carryOut` does what the plan says. */
async function run(rules: RetentionRule[], { isDry = false, isConfirmed = false, most = '100' } = {}) {
  const policy = await db.one<{ id: number }>(
    sql(
      `INSERT INTO retention_policy (project_id, rules) VALUES ($1, $2)
       ON CONFLICT (project_id) DO UPDATE SET rules = excluded.rules RETURNING id`,
      project.id,
      JSON.stringify(rules),
    ),
  );
  const parameters = { policyId: policy.id, isDry, isConfirmed };
  const executionId = await db.transaction((tx) =>
    startExecution(tx, { vendorType: 'RETENTION', vendorId: policy.id, trigger: 'MANUAL', parameters }),
  );
  const config = readJobserviceConfig({
    HAVEN_DATABASE_PASSWORD: 'x',
    HAVEN_REDIS_URL: 'redis://127.0.0.1:1',
    HAVEN_SECRET_KEY: '0'.repeat(64),
    HAVEN_INTERNAL_SECRET: 'internal-secret-of-the-tests',
    HAVEN_RETENTION_MAX_DELETE_PERCENT: most,
  });
  const context = Object.assign(new TestContext(), { executionId });
  await new RetentionPlanJob(config, db, retention).run(parameters, context);
  const carryOut = async (): Promise<TestContext[]> => {
    const runs = [];
    for (const task of context.added) {
      if (task.job !== 'RETENTION') continue;
      const own = Object.assign(new TestContext(), { executionId });
      await new RetentionJob(db, retention).run(task.parameters, own);
      runs.push(own);
    }
    return runs;
  };
  return { executionId, tasks: context.added, carryOut };
}

const left = async (): Promise<string[]> => {
  const rows = await db.rows<{ digest: string }>(
    sql('SELECT digest FROM artifact WHERE project_id = $1 ORDER BY digest', project.id),
  );
  return rows.map(({ digest }) => digest);
};
const outcomes = (executionId: number): Promise<{ digest: string; fate: string; outcome: string }[]> =>
  db.rows(sql('SELECT digest, fate, outcome FROM retention_plan WHERE execution_id = $1 ORDER BY digest', executionId));

/** Until a statement of this database is held up by a lock of another. */
async function untilSomebodyWaits(): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const deadline = Date.now() + 10_000;
  while ((await db.maybe(sql(waiting))) === null) {
    if (Date.now() > deadline) throw new Error('nobody waits for a lock');
  }
}

describe('a run of retention', () => {
  it('deletes what its plan says, and nothing else', async () => {
    const digests: string[] = [];
    for (let n = 0; n < 12; n += 1) digests.push(await push(n % 2 === 0 ? 'app' : 'web', String(n), [`v${n}`], n));
    const { executionId, tasks, carryOut } = await run([latest(2)]);
    expect(tasks.map(({ attributes }) => attributes)).toEqual([
      { repository: 'app', dry_run: false, total: 6, retained: 2 },
      { repository: 'web', dry_run: false, total: 6, retained: 2 },
    ]);
    expect(await left()).toHaveLength(12);
    await carryOut();
    expect(await left()).toEqual(digests.slice(0, 4).sort());
    const plan = await outcomes(executionId);
    expect(plan.filter(({ fate }) => fate === 'RETAIN').map(({ digest }) => digest)).toEqual(await left());
    expect(plan.filter(({ outcome }) => outcome === 'deleted').map(({ digest }) => digest)).toEqual(
      digests.slice(4).sort(),
    );
    const audit = await db.rows(
      sql(`SELECT 1 FROM audit_log_ext WHERE operation = 'delete' AND project_id = $1`, project.id),
    );
    expect(audit).toHaveLength(8);
    const trash = await db.rows(sql('SELECT 1 FROM artifact_trash WHERE repository_name LIKE $1', `${project.name}/%`));
    expect(trash).toHaveLength(8);
  });

  it('only says what it would do, when it is dry', async () => {
    await push('app', 'old', ['old'], 5);
    await push('app', 'new', ['new'], 1);
    const { tasks, carryOut } = await run([latest(1)], { isDry: true });
    expect(tasks).toMatchObject([{ attributes: { total: 2, retained: 1, dry_run: true } }]);
    const [{ lines } = { lines: [] }] = await carryOut();
    expect(lines.join('\n')).toMatch(/new \|.*RETAIN by rule 1.*\n.*old \|.*DEL/);
    expect(await left()).toHaveLength(2);
  });

  it('keeps what has changed since the plan was made', async () => {
    const moved = await push('app', 'moved', ['moved'], 9);
    const pulled = await push('app', 'pulled', ['pulled'], 8);
    const gone = await push('app', 'gone', ['gone'], 7);
    const kept = await push('app', 'kept', ['kept'], 1);
    const { executionId, carryOut } = await run([latest(1)]);
    await db.run(
      sql(
        `UPDATE tag SET name = 'other' WHERE name = 'moved' AND artifact_id IN (SELECT id FROM artifact WHERE project_id = $1)`,
        project.id,
      ),
    );
    await db.run(
      sql('UPDATE artifact SET pull_time = now() WHERE project_id = $1 AND digest = $2', project.id, pulled),
    );
    await carryOut();
    expect(await left()).toEqual([moved, pulled, kept].sort());
    expect(await outcomes(executionId)).toContainEqual({ digest: gone, fate: 'DEL', outcome: 'deleted' });
    expect(await outcomes(executionId)).toContainEqual({
      digest: moved,
      fate: 'DEL',
      outcome: expect.stringContaining('changed') as string,
    });
  });

  it('keeps what is being tagged at that moment', async () => {
    const old = await push('app', 'old', ['old'], 9);
    const kept = await push('app', 'kept', ['new'], 1);
    const { carryOut } = await run([latest(1)]);
    const tagged = Promise.withResolvers<undefined>();
    const end = Promise.withResolvers<undefined>();
    const tagging = db.transaction(async (tx) => {
      await tx.run(
        sql(
          `INSERT INTO tag (repository_id, artifact_id, name)
           SELECT repository_id, id, 'release' FROM artifact WHERE project_id = $1 AND digest = $2`,
          project.id,
          old,
        ),
      );
      tagged.resolve(undefined);
      await end.promise;
    });
    await tagged.promise;
    const runs = carryOut();
    await untilSomebodyWaits().finally(() => {
      end.resolve(undefined);
    });
    await Promise.all([tagging, runs]);
    expect(await left()).toEqual([old, kept].sort());
  });

  it('respects immutable tags', async () => {
    const fixed = await push('app', 'fixed', ['v1'], 9);
    const kept = await push('app', 'kept', ['dev'], 1);
    await db.run(
      sql(
        'INSERT INTO immutable_tag_rule (project_id, tag_filter, disabled) VALUES ($1, $2, false)',
        project.id,
        JSON.stringify({
          ...{ priority: 0, action: 'immutable', template: 'immutable_template', params: {} },
          tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*', extras: '' }],
          scope_selectors: {
            repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**', extras: '' }],
          },
        }),
      ),
    );
    const { executionId, carryOut } = await run([latest(1)]);
    await carryOut();
    expect(await left()).toEqual([fixed, kept].sort());
    expect(await outcomes(executionId)).toContainEqual({ digest: fixed, fate: 'IMMUTABLE', outcome: '' });
  });

  it('does nothing when it would delete too much, until it is confirmed', async () => {
    for (let n = 0; n < 10; n += 1) await push('app', String(n), [`v${n}`], n);
    await expect(run([latest(2)], { most: '50' })).rejects.toThrow(/would take 8 of 10 artifacts.*more than 50 %/);
    expect(await left()).toHaveLength(10);
    const { carryOut } = await run([latest(2)], { most: '50', isConfirmed: true });
    await carryOut();
    expect(await left()).toHaveLength(2);
    expect((await run([latest(1)], { most: '50' })).tasks).toHaveLength(1);
  });

  it('goes on where it was when it is run again', async () => {
    for (let n = 0; n < 4; n += 1) await push('app', String(n), [`v${n}`], n);
    const { carryOut } = await run([latest(1)]);
    await carryOut();
    await push('app', 'later', ['later'], 0);
    await carryOut();
    expect(await left()).toHaveLength(2);
  });
});

it('plans as fast as it reads', () => {
  const candidates = Array.from({ length: 20_000 }, (_, n) => ({
    digest: String(n),
    tags: [`v${n}`],
    pushedAt: n,
    pulledAt: 0,
  }));
  const planned = planRetention([latest(10)], 'app', candidates, () => false, 0);
  expect(planned?.filter(({ fate }) => fate === 'RETAIN')).toHaveLength(10);
});
