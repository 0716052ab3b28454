import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { basic, makeImage, pushArtifact } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { OwnPlatform } from '../harness/own-platform.ts';
import { OtlpReceiver, type ReceivedSpan } from './otlp.receiver.ts';

const longMs = 300_000;
const project = 'traced';

describe('tracing', () => {
  let receiver: OtlpReceiver;
  let platform: OwnPlatform;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    platform = await OwnPlatform.start({
      HAVEN_OUTBOUND_REACH: 'loopback',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=registry%20team',
    });
    await platform.newProject(project);
    const targets = [{ type: 'http', address: `${receiver.url}/hook`, skip_cert_verify: false }];
    const policy = { name: 'told', enabled: true, targets, event_types: ['PUSH_ARTIFACT'] };
    (await platform.api('POST', `/projects/${project}/webhook/policies`, policy)).expect(201);
  }, longMs);

  afterAll(async () => {
    await platform.remove();
    await receiver.stop();
  }, longMs);

  /** The span of a request, by the id that its answer had. */
  const ofRequest = (requestId: string, name: string): Promise<ReceivedSpan> =>
    eventually(`a span ${name} of ${requestId}`, () =>
      Promise.resolve(receiver.trace(requestId).find((span) => span.name === name)),
    );

  it(
    'follows a push to the delivery of its webhook, under the id that nginx gave the request',
    async () => {
      const image = await makeImage({ seed: 'traced', layerBytes: [1_000] });
      await pushArtifact(platform.client(), `${project}/app`, image, 'v1');
      const hook = await eventually('the webhook arrives', () => Promise.resolve(receiver.posted[0]), {
        timeoutMs: 60_000,
      });
      const [, traceId = '', parentId = ''] =
        /^00-(\w{32})-(\w{16})-01$/.exec(hook.headers['traceparent'] as string) ?? [];

      const way = await eventually('all of the trace', () => {
        const spans = new Map(receiver.trace(traceId).map((span) => [span.spanId, span]));
        const up = [spans.get(parentId)];
        while (up[0]?.parentSpanId !== undefined) up.unshift(spans.get(up[0].parentSpanId));
        return Promise.resolve(up[0] === undefined ? undefined : up);
      });
      expect(way.map((span) => `${span?.service}: ${span?.name}`)).toEqual([
        'registry: PUT manifest',
        'registry: transaction',
        'core: registry event',
        'jobservice: task WEBHOOK',
        'jobservice: POST',
      ]);
      const written = await readFile(join(platform.data, 'log/nginx.log'), 'utf8');
      expect(written.split('\n').find((line) => line.includes(traceId))).toContain('/manifests/v1');
    },
    longMs,
  );

  it('follows a request from one service to the next', async () => {
    const authorization = basic('nobody', 'not a password');
    const answer = await fetch(`${platform.url}/v2/`, { headers: { authorization } });
    const asked = await ofRequest(answer.headers.get('x-request-id') ?? '', 'GET base');
    const next = await ofRequest(asked.traceId, 'getToken');
    expect([answer.status, asked.service, next.service]).toEqual([401, 'registry', 'core']);
  });

  it("goes on with a client's trace", async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-00` };
    await fetch(`${platform.url}/api/v2.0/systeminfo`, { headers });
    const span = await ofRequest(traceId, 'getSystemInfo');
    expect([span.service, span.parentSpanId]).toEqual(['core', '00f067aa0ba902b7']);
  });

  it('says in the lines of a request which trace they belong to', async () => {
    const answer = await fetch(`${platform.url}/api/v2.0/projects/nowhere-at-all/summary`);
    const requestId = answer.headers.get('x-request-id') ?? '';
    const line = await eventually('the line of the request', async () => {
      const written = await readFile(join(platform.data, 'log/core.log'), 'utf8');
      return written.split('\n').find((text) => text.includes(`"requestId":"${requestId}"`));
    });
    expect(JSON.parse(line)).toMatchObject({ traceId: requestId });
  });

  it('sends the headers that were set, and neither queries nor what watches the services', async () => {
    await fetch(`${platform.url}/api/v2.0/projects?q=name%3Dsecret-word`);
    await eventually('the spans of that', () =>
      Promise.resolve(receiver.spans.find(({ name }) => name === 'listProjects')),
    );
    expect(new Set(receiver.headers.map((headers) => headers['x-tenant']))).toEqual(new Set(['registry team']));
    expect(JSON.stringify(receiver.spans)).not.toMatch(/secret-word|healthz|getMetrics|Harbor12345/);
  });

  it('answers as ever while nobody takes the spans', async () => {
    await receiver.stop();
    const statuses = await Promise.all(
      Array.from({ length: 300 }, () =>
        platform
          .client()
          .request('GET', '/v2/')
          .then(({ status }) => status),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
