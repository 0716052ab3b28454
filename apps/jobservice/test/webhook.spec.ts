import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretBox } from '@haven/auth';
import { Database, insertProject, sql } from '@haven/models';
import { createLogger } from '@haven/observability';
import { OutboundClient } from '@haven/outbound';
import { catalogue, jobTypes, startExecution, type JobHandler } from '@haven/queue';
import { HandlerTable, WorkerPool } from '@haven/queue/worker';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '@haven/testing';
import { readJobserviceConfig } from '../src/jobservice.config.js';
import { Delivery } from '../src/webhook/delivery.service.js';
import { WebhookJob } from '../src/webhook/webhook.job.js';
import { TestContext } from './test-context.js';

const secretKey = '0123456789abcdef'.repeat(4);
const timeoutSeconds = 1;

let test: TestDatabase;
let db: Database;
let receiver: Server;
let address: string;
let delivery: Delivery;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const received: { headers: IncomingMessage['headers']; body: string }[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  db = Database.connect(test.settings, { applicationName: 'webhook-test', connections: 5 });
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const config = readJobserviceConfig({
    HAVEN_DATABASE_PASSWORD: 'x',
    HAVEN_REDIS_URL: 'redis://127.0.0.1:1',
    HAVEN_SECRET_KEY: secretKey,
    HAVEN_INTERNAL_SECRET: 'internal-secret-of-the-tests',
    HAVEN_WEBHOOK_TIMEOUT_SECONDS: String(timeoutSeconds),
  });
  delivery = new Delivery(config, db, new OutboundClient({ reach: 'loopback' }));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await db.close();
  await test.drop();
});

let policyId: number;
let policies = 0;
beforeEach(async () => {
  received.length = 0;
  answer = (_request, response) => response.writeHead(204).end();
  policyId = await newPolicy(address);
});

async function newPolicy(to: string): Promise<number> {
  policies += 1;
  const name = `hooks-${policies}`;
  const projectId = await db.transaction((tx) =>
    insertProject(tx, { name, ownerId: 1, storageLimitBytes: -1, metadata: {} }),
  );
  const targets = [
    { id: 'one', address: to, authHeader: new SecretBox(secretKey).encrypt('Bearer s3cret'), skipsCertificate: false },
  ];
  const row = await db.one<{ id: number }>(
    sql(
      `INSERT INTO notification_policy (project_id, name, targets, event_types, enabled)
       VALUES ($1, 'p', $2, '{PUSH_ARTIFACT}', true) RETURNING id`,
      projectId,
      JSON.stringify(targets),
    ),
  );
  return row.id;
}

const message = () => ({
  policyId,
  targetId: 'one',
  contentType: 'application/json',
  body: '{"type":"PUSH_ARTIFACT"}',
});
const send = async (context = new TestContext()): Promise<TestContext> => {
  await delivery.send(message(), context);
  return context;
};
const policyRow = () =>
  db.one<{ enabled: boolean; failures: number; reason: string; failing: boolean }>(
    sql(
      `SELECT enabled, failures, disabled_reason AS reason, failing_since IS NOT NULL AS failing
         FROM notification_policy WHERE id = $1`,
      policyId,
    ),
  );

describe('a delivery', () => {
  it('brings the message, with the header, and says how it went', async () => {
    const { lines } = await send();
    expect(received).toEqual([
      {
        headers: expect.objectContaining({
          authorization: 'Bearer s3cret',
          'content-type': 'application/json',
        }) as object,
        body: '{"type":"PUSH_ARTIFACT"}',
      },
    ]);
    expect(lines).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ answered 204 after \d+ ms, attempt 1$/)]);
    expect(lines.join()).not.toContain('s3cret');
  });

  it('fails with what the receiver says, and counts', async () => {
    answer = (_request, response) => response.writeHead(500).end('out of order');
    await expect(send()).rejects.toThrow(/answered 500: out of order/);
    expect(await policyRow()).toEqual({ enabled: true, failures: 1, reason: '', failing: true });
    answer = (_request, response) => response.writeHead(200).end();
    await send();
    expect(await policyRow()).toEqual({ enabled: true, failures: 0, reason: '', failing: false });
  });

  it('does not wait for a receiver that hangs', async () => {
    answer = () => undefined;
    const began = performance.now();
    await expect(send()).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(timeoutSeconds * 1_000 + 1_500);
  });

  it('does not wait for an answer that drips', async () => {
    answer = (_request, response) => {
      response.writeHead(500);
      const timer = setInterval(() => response.write('.'), 50);
      response.on('close', () => {
        clearInterval(timer);
      });
    };
    const began = performance.now();
    await expect(send()).rejects.toThrow(/answered 500/);
    expect(performance.now() - began).toBeLessThan(timeoutSeconds * 1_000 + 1_500);
  });

  it('reads no endless answer', async () => {
    let sentBytes = 0;
    const piece = Buffer.alloc(65_536);
    answer = (_request, response) => {
      response.writeHead(500);
      const pump = (): void => {
        while (!response.destroyed && response.write(piece)) sentBytes += piece.length;
      };
      response.on('drain', pump);
      pump();
    };
    await expect(send()).rejects.toThrow(/answered 500/);
    expect(sentBytes).toBeLessThan(64 * 1_048_576);
  });

  it('follows no redirect to where nobody may go', async () => {
    answer = (_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    await expect(send()).rejects.toThrow();
    expect((await policyRow()).failures).toBe(1);
  });

  it('stops when it is told to', async () => {
    const context = new TestContext();
    answer = () => {
      context.stop();
    };
    await expect(send(context)).rejects.toThrow();
    expect(await policyRow()).toMatchObject({ enabled: true, failures: 0, failing: false });
  });

  it('switches off a policy that has failed for a day', async () => {
    answer = (_request, response) => response.writeHead(503).end();
    await db.run(
      sql(
        `UPDATE notification_policy SET failures = 49, failing_since = now() - interval '25 hours' WHERE id = $1`,
        policyId,
      ),
    );
    await expect(send()).rejects.toThrow('answered 503');
    expect(await policyRow()).toMatchObject({
      enabled: false,
      reason: expect.stringMatching(/^nothing has arrived since/) as string,
    });
    await expect(send()).rejects.toThrow('switched off');
    expect(received).toHaveLength(1);
    const audit = await db.rows<{ description: string; resource: string }>(
      sql('SELECT op_desc AS description, resource FROM audit_log_ext'),
    );
    expect(audit).toContainEqual({
      description: expect.stringContaining('switch webhook policy') as string,
      resource: `hooks-${policies}`,
    });
  });
});

/** The workers of a jobservice, with deliveries as their only work. */
function startWorkers(): WorkerPool {
  const idle = (job: JobHandler['job']): JobHandler => ({ job, run: () => Promise.resolve() });
  const others = jobTypes.filter((job) => catalogue[job].pool === 'general' && job !== 'WEBHOOK').map(idle);
  // A Redis database of this file's own: the names of the queues are fixed.
  const redisUrl = new URL(testRedisUrl());
  redisUrl.pathname = '/13';
  return new WorkerPool({
    pool: 'general',
    concurrency: 2,
    db,
    redisUrl: redisUrl.href,
    handlers: new HandlerTable(['general'], [new WebhookJob(delivery), ...others]),
    log: createLogger('webhook-test', 'silent'),
  });
}

describe('deliveries of many projects', () => {
  it('go on while the receiver of one of them hangs', async () => {
    const hanging = await newPolicy(`${address}/hang`);
    const enqueue = (id: number, lane: string): Promise<number> =>
      startExecution(db, {
        vendorType: 'WEBHOOK',
        vendorId: id,
        trigger: 'EVENT',
        lane,
        parameters: { ...message(), policyId: id },
      });
    const good = Promise.withResolvers<undefined>();
    let delivered = 0;
    answer = (request, response) => {
      if (request.url === '/hang') return;
      response.writeHead(204).end();
      delivered += 1;
      if (delivered === 5) good.resolve(undefined);
    };
    for (let turn = 0; turn < 20; turn += 1) await enqueue(hanging, 'project:1');
    for (let turn = 0; turn < 5; turn += 1) await enqueue(policyId, 'project:2');
    const workers = startWorkers();
    await workers.start();
    try {
      await good.promise;
      const { waiting } = await db.one<{ waiting: number }>(
        sql(
          `SELECT count(*)::integer AS waiting FROM task JOIN execution ON execution.id = execution_id
            WHERE vendor_id = $1 AND run_count = 0`,
          hanging,
        ),
      );
      expect(waiting).toBeGreaterThan(5);
    } finally {
      await workers.stop();
    }
  }, 20_000);
});
