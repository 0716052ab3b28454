import { randomUUID } from 'node:crypto';
import { internalAuthorization } from '@haven/auth';
import { sql } from '@haven/models';
import { addTasks, startExecution } from '@haven/queue';
import { admin, createdId, CoreApp, type TestUser } from './core-app.js';

let core: CoreApp;
let owner: TestUser;
let developer: TestUser;
let projectId: number;
const policies = '/projects/hooked/webhook/policies';

beforeAll(async () => {
  core = await CoreApp.start();
  owner = await core.createUser('hook-owner');
  developer = await core.createUser('hook-developer');
  projectId = await core.createProject('hooked', owner);
  await core.addMember(projectId, developer, 2);
});
afterAll(() => core.stop());

const target = {
  type: 'http',
  address: 'https://hooks.example.com/haven',
  auth_header: 'Bearer s3cret',
  skip_cert_verify: true,
};
const policy = (name: string, changes: object = {}): object => ({
  name,
  targets: [target],
  event_types: ['PUSH_ARTIFACT', 'PULL_ARTIFACT'],
  enabled: true,
  ...changes,
});
const make = async (name: string, changes: object = {}): Promise<number> =>
  createdId(await core.post(policies, policy(name, changes), owner));

describe('webhook policies', () => {
  it('show what they were given; the header is not stored in clear', async () => {
    const id = await make('whole', { description: 'to the build server' });
    expect((await core.get(`${policies}/${id}`, owner)).body).toMatchObject({
      id,
      name: 'whole',
      description: 'to the build server',
      project_id: projectId,
      targets: [{ ...target, payload_format: 'Default' }],
      event_types: ['PUSH_ARTIFACT', 'PULL_ARTIFACT'],
      creator: owner.username,
      enabled: true,
    });
    const stored = await core.db.one<{ text: string }>(
      sql('SELECT targets::text AS text FROM notification_policy WHERE id = $1', id),
    );
    expect(stored.text).not.toContain('s3cret');
    const slack = { type: 'slack', address: 'https://hooks.slack.com/services/T/B/x' };
    expect(
      (await core.put(`${policies}/${id}`, policy('whole', { targets: [slack], enabled: false }), owner)).status,
    ).toBe(200);
    expect((await core.get(`${policies}/${id}`, owner)).body).toMatchObject({ targets: [slack], enabled: false });
    const list = await core.get(policies, owner);
    expect(list.headers['x-total-count']).toBe('1');
    expect((await core.delete(`${policies}/${id}`, owner)).status).toBe(200);
    expect((await core.get(`${policies}/${id}`, owner)).status).toBe(404);
  });

  it('are for maintainers', async () => {
    const id = await make('private');
    for (const path of [policies, `${policies}/${id}`]) expect((await core.get(path, developer)).status).toBe(403);
    expect((await core.post(policies, policy('mine'), developer)).status).toBe(403);
    expect((await core.get(policies)).status).toBe(401);
  });

  it('have names of their own in their project', async () => {
    await make('once');
    expect((await core.post(policies, policy('once'), owner)).status).toBe(409);
    const other = await make('twice');
    expect((await core.put(`${policies}/${other}`, policy('once'), owner)).status).toBe(409);
    expect((await core.put(`${policies}/4711`, policy('none'), owner)).status).toBe(404);
  });

  it.each<[string, object]>([
    ['no events', { event_types: [] }],
    ['an unknown event', { event_types: ['PUSH'] }],
    ['no target', { targets: [] }],
    ['an unknown type', { targets: [{ ...target, type: 'teams' }] }],
    ['a bad address', { targets: [{ ...target, address: 'not an address' }] }],
    ['a file', { targets: [{ ...target, address: 'file:///etc/passwd' }] }],
    ['a format for Slack', { targets: [{ type: 'slack', address: 'https://x.y', payload_format: 'Default' }] }],
    ['an unknown format', { targets: [{ ...target, payload_format: 'XML' }] }],
    ['two headers in one', { targets: [{ ...target, auth_header: 'a\r\nb: c' }] }],
  ])('with %s are refused', async (_case, changes) => {
    expect((await core.post(policies, policy('refused', changes), owner)).status).toBe(400);
  });

  it('may hear of these events', async () => {
    expect((await core.get('/projects/hooked/webhook/events', owner)).body).toMatchObject({
      event_type: expect.arrayContaining(['PUSH_ARTIFACT', 'TAG_RETENTION', 'QUOTA_EXCEED']) as string[],
      notify_type: ['http', 'slack'],
      payload_formats: [{ notify_type: 'http', formats: ['Default', 'CloudEvents'] }],
    });
  });
});

describe('deliveries', () => {
  let repositoryId: number;
  const repository = 'hooked/app';
  const digest = `sha256:${'a'.repeat(64)}`;

  beforeAll(async () => {
    const row = await core.db.one<{ id: number }>(
      sql(
        `INSERT INTO repository (name, project_id, listed, creation_time) VALUES ($1, $2, true, '2026-01-01T00:00:00Z')
         RETURNING repository_id AS id`,
        repository,
        projectId,
      ),
    );
    repositoryId = row.id;
  });

  const happen = async (
    action: 'push' | 'pull' | 'delete',
    tag: string | undefined,
    id = randomUUID(),
  ): Promise<void> => {
    const event = {
      id,
      timestamp: '2026-05-01T10:00:00Z',
      action,
      target: { repository, digest, ...(tag === undefined ? {} : { tag }) },
      request: { id: 'request-1', addr: '10.0.0.1' },
      actor: { name: 'alice' },
      projectId,
      repositoryId,
    };
    const headers = {
      authorization: internalAuthorization('internal-secret-of-the-tests'),
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
    };
    const answer = await core.call('POST', '/service/notifications', { body: { events: [event] }, headers });
    expect(answer.status).toBe(200);
  };
  const deliveriesOf = async (
    id: number,
  ): Promise<{ id: number; extra_attrs: { event_type: string; payload: string } }[]> =>
    (await core.get(`${policies}/${id}/executions?sort=id`, owner)).body as never;

  it('begin once for each event, however often it comes, with what the policy wants to hear', async () => {
    const id = await make('pushes', { targets: [target, { ...target, payload_format: 'CloudEvents' }] });
    const disabled = await make('silent', { enabled: false });
    const eventId = randomUUID();
    await happen('push', 'v1', eventId);
    await happen('push', 'v1', eventId);
    await happen('delete', undefined);
    const deliveries = await deliveriesOf(id);
    expect(deliveries.map(({ extra_attrs: { event_type } }) => event_type)).toEqual(['PUSH_ARTIFACT', 'PUSH_ARTIFACT']);
    const [plain, cloud] = deliveries.map(({ extra_attrs: { payload } }) => JSON.parse(payload) as object);
    const data = {
      resources: [{ digest, tag: 'v1', resource_url: 'localhost:8080/hooked/app:v1' }],
      repository: {
        date_created: 1_767_225_600,
        name: 'app',
        namespace: 'hooked',
        repo_full_name: 'hooked/app',
        repo_type: 'private',
      },
    };
    expect(plain).toEqual({ type: 'PUSH_ARTIFACT', occur_at: 1_777_629_600, operator: 'alice', event_data: data });
    expect(cloud).toMatchObject({ type: 'harbor.artifact.pushed', requestid: 'request-1', data });
    expect(await deliveriesOf(disabled)).toEqual([]);

    const path = `${policies}/${id}/executions/${deliveries[0]?.id ?? 0}`;
    const tasks = await core.get(`${path}/tasks`, owner);
    expect(tasks.body).toMatchObject([{ status: 'Pending' }]);
    const [task] = tasks.body as { id: number }[];
    expect((await core.raw('GET', `/api/v2.0${path}/tasks/${task?.id ?? 0}/log`, owner)).status).toBe(200);
    expect((await core.get(`${policies}/${disabled}/executions/${deliveries[0]?.id ?? 0}/tasks`, owner)).status).toBe(
      404,
    );
    expect((await core.get(`/projects/hooked/webhook/jobs?policy_id=${id}`, owner)).body).toMatchObject([
      { policy_id: id, event_type: 'PUSH_ARTIFACT', notify_type: 'http' },
      { policy_id: id },
    ]);
    const triggers = (await core.get('/projects/hooked/webhook/lasttrigger', owner)).body;
    expect(triggers).toContainEqual(
      expect.objectContaining({ policy_name: 'pushes', event_type: 'PUSH_ARTIFACT', enabled: true }) as object,
    );

    const again = await core.post(`${path}/redeliver`, undefined, owner);
    expect(again.status).toBe(201);
    const repeated = (await deliveriesOf(id)).find((delivery) => delivery.id === (again.body as { id: number }).id);
    expect(repeated?.extra_attrs).toEqual(deliveries[0]?.extra_attrs);
    expect((await core.post(`${path}/redeliver`, undefined, developer)).status).toBe(403);
  });

  it('warn of pushes into a project that is nearly full, each once', async () => {
    const id = await make('warnings', { event_types: ['QUOTA_WARNING'] });
    const use = (bytes: number): Promise<unknown> =>
      core.db.run(sql('UPDATE quota_usage SET used_bytes = $2 WHERE project_id = $1', projectId, bytes));
    await core.db.run(sql('UPDATE quota SET hard_bytes = 102400 WHERE project_id = $1', projectId));
    await use(87_039);
    await happen('push', 'v3');
    expect(await deliveriesOf(id)).toEqual([]);
    await use(87_040);
    const eventId = randomUUID();
    await happen('push', 'v4', eventId);
    await happen('push', 'v4', eventId);
    await happen('pull', 'v4');
    const warnings = await deliveriesOf(id);
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0]?.extra_attrs.payload ?? '{}')).toEqual({
      type: 'QUOTA_WARNING',
      occur_at: 1_777_629_600,
      operator: 'alice',
      event_data: {
        resources: [{ digest, tag: 'v4' }],
        repository: { name: 'app', namespace: 'hooked', repo_full_name: 'hooked/app', repo_type: 'private' },
        custom_attributes: { Details: 'quota usage reach 85%: resource storage used 85.0 KiB of 100.0 KiB' },
      },
    });
    await core.db.run(sql('UPDATE quota SET hard_bytes = -1 WHERE project_id = $1', projectId));
    await happen('push', 'v5');
    expect(await deliveriesOf(id)).toHaveLength(1);
    await use(0);
  });

  it('tell of pushes that a full project has refused', async () => {
    const id = await make('full', { event_types: ['QUOTA_EXCEED'] });
    const event = {
      id: randomUUID(),
      timestamp: '2026-05-01T10:00:00Z',
      action: 'refuse',
      target: { repository },
      actor: { name: 'alice' },
      projectId,
      repositoryId: 0,
      reason: 'adding 1 MiB of storage resource',
    };
    const headers = {
      authorization: internalAuthorization('internal-secret-of-the-tests'),
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
    };
    await core.call('POST', '/service/notifications', { body: { events: [event] }, headers });
    const [told] = await deliveriesOf(id);
    expect(JSON.parse(told?.extra_attrs.payload ?? '{}')).toMatchObject({
      type: 'QUOTA_EXCEED',
      operator: 'alice',
      event_data: {
        repository: { repo_full_name: repository },
        custom_attributes: { Details: 'adding 1 MiB of storage resource' },
      },
    });
  });

  it('are none while notifications are switched off', async () => {
    const id = await make('switch');
    await core.put('/configurations', { notification_enable: false }, admin);
    await happen('push', 'v2');
    expect(await deliveriesOf(id)).toEqual([]);
    await core.put('/configurations', { notification_enable: true }, admin);
    await happen('pull', 'v2');
    expect((await deliveriesOf(id)).map(({ extra_attrs: { event_type } }) => event_type)).toEqual(['PULL_ARTIFACT']);
  });

  it('tell of replications that have ended', async () => {
    const id = await make('replications', { event_types: ['REPLICATION'] });
    const registry = await core.db.one<{ id: number }>(
      sql(
        `INSERT INTO registry (name, type, url) VALUES ('branch', 'harbor', 'https://branch.example.com') RETURNING id`,
      ),
    );
    const policyId = createdId(
      await core.post(
        '/replication/policies',
        { name: 'told', dest_registry: { id: registry.id }, enabled: true },
        admin,
      ),
    );
    await core.db.transaction(async (tx) => {
      const execution = await startExecution(tx, {
        vendorType: 'REPLICATION',
        vendorId: policyId,
        trigger: 'MANUAL',
        parameters: { policyId },
      });
      await addTasks(tx, execution, [
        {
          job: 'REPLICATION',
          parameters: {
            ...{ policyId, operation: 'copy', source: repository, target: 'mirror/app', origin: [] },
            artifacts: [{ digest, tags: ['v1', 'v2'], companions: [] }],
          },
        },
      ]);
      await tx.run(sql(`UPDATE task SET status = 'Success', end_time = now() WHERE execution_id = $1`, execution));
      await tx.run(
        sql(
          `INSERT INTO outbox (event_id, consumer, topic, payload) VALUES (gen_random_uuid(), 'core-jobs', 'execution.ended', $1)`,
          JSON.stringify({ executionId: execution, vendorType: 'REPLICATION', vendorId: policyId, status: 'Success' }),
        ),
      );
    });
    let told: Awaited<ReturnType<typeof deliveriesOf>> = [];
    for (const end = Date.now() + 10_000; told.length === 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      told = await deliveriesOf(id);
    }
    expect(JSON.parse(told[0]?.extra_attrs.payload ?? '{}')).toMatchObject({
      type: 'REPLICATION',
      event_data: {
        replication: {
          job_status: 'Success',
          trigger_type: 'MANUAL',
          src_resource: { registry_name: 'Local', namespace: 'hooked' },
          dest_resource: { registry_name: 'branch', endpoint: 'https://branch.example.com', namespace: 'mirror' },
          successful_artifact: [{ status: 'Succeed', references: ['v1', 'v2'] }],
        },
      },
    });
  }, 20_000);

  it('tell of what retention has deleted', async () => {
    const id = await make('retentions', { event_types: ['TAG_RETENTION'] });
    const policy = await core.db.one<{ id: number }>(
      sql(
        `INSERT INTO retention_policy (project_id, rules) VALUES ($1, $2) RETURNING id`,
        projectId,
        JSON.stringify([
          { template: 'latestPushedK', params: { latestPushedK: 1 }, tag_selectors: [], scope_selectors: {} },
        ]),
      ),
    );
    await core.db.transaction(async (tx) => {
      const parameters = { policyId: policy.id, isDry: false, isConfirmed: false };
      const execution = await startExecution(tx, {
        vendorType: 'RETENTION',
        vendorId: policy.id,
        trigger: 'MANUAL',
        parameters,
      });
      await addTasks(tx, execution, [
        {
          job: 'RETENTION',
          parameters: { policyId: policy.id, repository, isDry: false },
          attributes: { total: 3, retained: 1 },
        },
      ]);
      await tx.run(sql(`UPDATE task SET status = 'Success', end_time = now() WHERE execution_id = $1`, execution));
      await tx.run(
        sql(
          `INSERT INTO retention_plan (execution_id, repository, digest, tags, push_time, fate, outcome)
           VALUES ($1, $2, 'sha256:1', '{v1}', now(), 'DEL', 'deleted'), ($1, $2, 'sha256:2', '{}', now(), 'DEL', 'deleted')`,
          execution,
          repository,
        ),
      );
      await tx.run(
        sql(
          `INSERT INTO outbox (event_id, consumer, topic, payload) VALUES (gen_random_uuid(), 'core-jobs', 'execution.ended', $1)`,
          JSON.stringify({ executionId: execution, vendorType: 'RETENTION', vendorId: policy.id, status: 'Success' }),
        ),
      );
    });
    let told: Awaited<ReturnType<typeof deliveriesOf>> = [];
    for (const end = Date.now() + 10_000; told.length === 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      told = await deliveriesOf(id);
    }
    expect(JSON.parse(told[0]?.extra_attrs.payload ?? '{}')).toMatchObject({
      type: 'TAG_RETENTION',
      event_data: {
        retention: {
          ...{ total: 3, retained: 1, project_name: 'hooked', result: 'SUCCESS' },
          deleted_artifact: [{ name_tag: 'hooked/app:v1' }, { name_tag: 'hooked/app@sha256:2' }],
        },
      },
    });
  }, 20_000);
});
