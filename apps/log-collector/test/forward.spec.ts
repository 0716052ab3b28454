import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Collector } from './collector.js';

/** Takes what is posted, once it is told to. */
class Receiver {
  readonly bodies: string[] = [];
  readonly headers: (string | undefined)[] = [];
  /** Requests, whatever was answered. */
  asked = 0;
  status = 503;
  answer = '{"errors":false}';
  /** Whatever holds this is too large. */
  tooLarge = '\0';
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.asked += 1;
      if (Buffer.concat(chunks).includes(this.tooLarge)) {
        response.writeHead(413).end();
        return;
      }
      if (this.status < 300) {
        this.bodies.push(`${request.url ?? ''} ${Buffer.concat(chunks).toString()}`);
        this.headers.push(request.headers.authorization);
      }
      response.writeHead(this.status).end(this.answer);
    });
  });

  async start(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  async until(text: string): Promise<void> {
    await this.untilTrue(() => this.bodies.join('\n').includes(text), text);
  }

  async untilTrue(condition: () => boolean, what: string): Promise<void> {
    for (let tries = 0; !condition(); tries += 1) {
      if (tries > 800) throw new Error(`${what} did not come`);
      await delay(10);
    }
  }
}

const frontLine = (url: string, more: object = {}): string =>
  `${JSON.stringify({
    ...{ level: 'info', time: new Date().toISOString(), service: 'nginx', requestId: 'r1', method: 'GET', url },
    ...{ status: 200, bodyBytesOut: 1_000, completed: 'OK', seconds: 0.1, ...more },
  })}\n`;

describe('forwarding', () => {
  it('tells core what nginx has sent, once core is there, and nothing of other services', async () => {
    const core = new Receiver();
    const settings = { HAVEN_CORE_URL: `http://127.0.0.1:${await core.start()}` };
    const first = await Collector.start(settings);
    const digest = `sha256:${'a'.repeat(64)}`;
    const lines = [
      frontLine('/v2/library/app/manifests/v1'),
      frontLine(`/v2/library/app/blobs/${digest}`, { bodyBytesOut: 5_000_000 }),
      frontLine('/api/v2.0/projects'),
      frontLine('/v2/library/other/manifests/v1', { status: 503 }),
    ];
    await first.ingest(lines.join(''), '?service=nginx');
    await first.ingest(frontLine('/v2/library/not-nginx/manifests/v1', { service: 'core' }), '?service=core');
    await core.untilTrue(() => core.asked > 0, 'a request');
    await first.stop(true);
    [core.status, core.answer] = [200, '{"countedUpTo":null}'];
    const again = await Collector.start(settings, first.root);
    await core.until('/service/transfers');
    const [traffic = '', transfers = ''] = core.bodies;
    const { counted, items } = JSON.parse(traffic.replace('/service/traffic ', '')) as Record<string, object>;
    expect(counted).toEqual({
      source: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      ...{ from: expect.any(Number) as number, to: expect.any(Number) as number },
    });
    const at = expect.any(String) as string;
    expect(items).toEqual([
      { repository: 'library/app', at, bytesOut: 5_001_000, pushFailures: 0, pullFailures: 0 },
      { repository: 'library/other', at, bytesOut: 0, pushFailures: 0, pullFailures: 1 },
    ]);
    expect(JSON.parse(transfers.replace('/service/transfers ', ''))).toEqual({
      kind: 'ended',
      transfers: [{ id: `r1 ${digest}`, bytes: 5_000_000 }],
    });
    expect(core.headers[0]).toMatch(/^Harbor-Secret /);

    // Core has counted the first of the next two already: an answer was lost.
    const { to } = counted as { to: number };
    core.bodies.length = 0;
    core.answer = JSON.stringify({ countedUpTo: to + 1 });
    await again.ingest(frontLine('/v2/library/late/manifests/v1'), '?service=nginx');
    await core.untilTrue(() => core.bodies.length === 2, 'what comes after that');
    expect(core.bodies[1]).toContain('library/late');
    await again.stop();
    core.stop();
  }, 20_000);

  it('passes lines on when the other side is there again, through a restart', async () => {
    const [loki, elastic] = [new Receiver(), new Receiver()];
    const [lokiPort, elasticPort] = [await loki.start(), await elastic.start()];
    const settings = {
      HAVEN_LOG_FORWARD_LOKI_URL: `http://me:pass%20word@127.0.0.1:${lokiPort}`,
      HAVEN_LOG_FORWARD_ELASTICSEARCH_URL: `http://127.0.0.1:${elasticPort}/own-index`,
    };
    const first = await Collector.start(settings);
    await first.ingest('{"level":"warn","message":"while away"}\n', '?service=sent');
    await first.stop(true);
    [loki.status, elastic.status] = [200, 200];
    const again = await Collector.start(settings, first.root);
    await loki.until('while away');
    await elastic.until('while away');
    await again.ingest('line two\n', '?service=sent');
    await loki.until('line two');
    await elastic.until('line two');

    expect(loki.headers[0]).toBe(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
    expect(loki.bodies[0]).toMatch(/^\/loki\/api\/v1\/push /);
    const [, pushed = ''] = /push (.*)$/s.exec(loki.bodies[0] ?? '') ?? [];
    expect(JSON.parse(pushed)).toMatchObject({ streams: [{ stream: { service: 'sent', level: 'warn' } }] });
    const [action = '', document = ''] = (elastic.bodies[0] ?? '').replace('/_bulk ', '').split('\n');
    expect(JSON.parse(action)).toMatchObject({ create: { _index: 'own-index' } });
    expect(JSON.parse(document)).toMatchObject({ service: 'sent', message: '{"level":"warn","message":"while away"}' });
    // Nothing twice, with nobody killed.
    expect(loki.bodies.join('').split('while away')).toHaveLength(2);
    await again.stop();
    loki.stop();
    elastic.stop();
  }, 20_000);

  it('leaves out what is refused for good, and goes on', async () => {
    const loki = new Receiver();
    loki.status = 400;
    const collector = await Collector.start({ HAVEN_LOG_FORWARD_LOKI_URL: `http://127.0.0.1:${await loki.start()}` });
    await collector.ingest('refused\n', '?service=sent');
    await loki.untilTrue(() => loki.asked > 0, 'a request');
    loki.status = 200;
    await collector.ingest('wanted\n', '?service=sent');
    await loki.until('wanted');
    expect(loki.bodies.join('')).not.toContain('refused');
    await collector.stop();
    loki.stop();
  }, 20_000);

  it('leaves out no line because of another one in its batch', async () => {
    const loki = new Receiver();
    [loki.status, loki.tooLarge] = [200, 'the large one'];
    const collector = await Collector.start({ HAVEN_LOG_FORWARD_LOKI_URL: `http://127.0.0.1:${await loki.start()}` });
    const lines = Array.from({ length: 500 }, (_, number) => (number === 321 ? loki.tooLarge : `line ${number};`));
    await collector.ingest(`${lines.join('\n')}\n`, '?service=sent');
    await loki.until('line 499;');
    const passed = loki.bodies.join('');
    expect(lines.filter((line) => !passed.includes(line))).toEqual([loki.tooLarge]);
    await collector.stop();
    loki.stop();
  }, 20_000);

  it('sends syslog that another collector reads', async () => {
    const receiver = await Collector.start();
    const [port = 0] = receiver.syslogPorts.streams;
    const sender = await Collector.start({ HAVEN_LOG_FORWARD_SYSLOG: `127.0.0.1:${port}` });
    await sender.ingest('{"level":"error","host":"h 1","message":"two\\nlines"}\nplain\n', '?service=sent');
    const lines = await receiver.atLeast(2, 'service=sent');
    expect(lines.map(({ message }) => message).sort()).toEqual(
      ['plain', '{"level":"error","host":"h 1","message":"two\\nlines"}'].sort(),
    );
    expect(lines.find(({ message }) => message !== 'plain')?.labels).toMatchObject({ level: 'error', host: 'h_1' });
    await sender.stop();
    await receiver.stop();
  }, 20_000);
});
