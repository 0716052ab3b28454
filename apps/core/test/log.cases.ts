import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { admin, type CoreApp, type TestUser } from './core-app.js';

/** Stands in for the log collector: away at first, there when told to. */
export class LogCollectorStub {
  readonly asked: IncomingMessage[] = [];
  private port = 0;
  private readonly server = createServer((request, response) => {
    this.asked.push(request);
    if (request.url === '/query?regex=%28') {
      response.writeHead(400).end('{"errors":[{"message":"regex: missing closing )"}]}');
    } else if (request.url?.startsWith('/tail') === true) {
      response.writeHead(200).end('event: line\ndata: {}\n\n');
    } else {
      response.writeHead(200).end('{"lines":[],"next":null}');
    }
  });

  /** @returns where it is going to be */
  async reserve(): Promise<string> {
    await this.start();
    this.port = (this.server.address() as AddressInfo).port;
    await this.stop();
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

/** Tests of reading logs through core. */
export function logCases(coreOf: () => CoreApp, collector: LogCollectorStub): void {
  let core: CoreApp;
  let user: TestUser;
  beforeAll(async () => {
    core = coreOf();
    user = await core.createUser('log-reader');
  });

  it('says that the collector is away, and goes on without it', async () => {
    const answer = await core.get('/logs', admin);
    expect(answer.status).toBe(503);
    expect(JSON.stringify(answer.body)).toContain('the log collector does not answer');
    expect((await core.get('/logs/tail', admin)).status).toBe(503);
  });

  it('is for system administrators', async () => {
    expect((await core.get('/logs')).status).toBe(401);
    expect((await core.get('/logs', user)).status).toBe(403);
    expect((await core.get('/logs/tail', user)).status).toBe(403);
  });

  describe('with a collector', () => {
    const { asked } = collector;
    beforeAll(() => collector.start());
    afterAll(() => collector.stop());

    it('passes the question on with the credential of services, and the answer back', async () => {
      const answer = await core.get('/logs?service=core&text=a%20b', admin);
      expect([answer.status, answer.body]).toEqual([200, { lines: [], next: null }]);
      expect(asked.at(-1)?.url).toBe('/query?service=core&text=a%20b');
      expect(asked.at(-1)?.headers.authorization).toBe(core.asService['authorization']);
    });

    it('says in its words what the collector has against a question', async () => {
      const answer = await core.get('/logs?regex=%28', admin);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toContain('missing closing )');
    });

    it('passes new lines on as they come', async () => {
      const answer = await core.raw('GET', '/api/v2.0/logs/tail?service=core', admin);
      expect(answer.headers['content-type']).toBe('text/event-stream');
      expect(answer.headers['x-accel-buffering']).toBe('no');
      expect(answer.text).toContain('event: line');
    });
  });
}
