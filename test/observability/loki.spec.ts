import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGoTool } from '../clients/go-tool.ts';
import { eventually } from '../harness/eventually.ts';
import { describeUnless } from '../harness/left-out.ts';
import { internalSecret, startCollector } from '../load/logs/subject.ts';
import { LokiServer, type FoundLine } from './loki.server.ts';

const configuration = join(import.meta.dirname, '../../deploy/observability/loki/loki.yml');
const missing = findGoTool('loki') === undefined ? 'there is no loki' : undefined;
const longMs = 120_000;
const hourMs = 3_600_000;

const filled = (query: string): string =>
  query
    .replaceAll('$__auto', '5m')
    .replace(/"\$\w+"/g, '".+"')
    .replace('`$text`', '``')
    .replace('<request id>', 'message');

/** What the dashboards ask Loki, with what Grafana would put in place of its variables. */
async function dashboardQueries(): Promise<string[]> {
  const text = await readFile(join(configuration, '../../grafana/dashboards/logs.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: { datasource: { type: string }; targets: { expr: string }[] }[] };
  return panels
    .filter(({ datasource }) => datasource.type === 'loki')
    .flatMap(({ targets }) => targets.map(({ expr }) => filled(expr)));
}

async function guideQueries(): Promise<string[]> {
  const guide = await readFile(join(import.meta.dirname, '../../docs/monitoring.md'), 'utf8');
  return [...guide.matchAll(/^ {4}(.*\{service.*)$/gm)].map(([, query = '']) => filled(query));
}

describeUnless(missing, 'Loki', () => {
  let loki: LokiServer;
  let folder: string;
  let collector: Awaited<ReturnType<typeof startCollector>>;

  const start = () =>
    startCollector(folder, {
      HAVEN_LOG_FORWARD_LOKI_URL: loki.url,
      HAVEN_OUTBOUND_REACH: 'loopback',
      HAVEN_LOG_ORDER_WINDOW_SECONDS: '86400',
      HAVEN_LOG_LEVEL: 'fatal',
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haven-to-loki-'));
    loki = await LokiServer.start(configuration, '2h');
    collector = await start();
  }, longMs);

  afterAll(async () => {
    await collector.stop();
    await loki.remove();
    await rm(folder, { recursive: true, force: true });
  }, longMs);

  async function post(path: string, body: string, type = 'application/x-ndjson'): Promise<void> {
    const headers = { authorization: `Harbor-Secret ${internalSecret}`, 'content-type': type };
    const answer = await fetch(`${collector.url}${path}`, { method: 'POST', headers, body });
    expect([200, 204]).toContain(answer.status);
  }
  const ingest = (service: string, lines: readonly string[]): Promise<void> =>
    post(`/ingest?service=${service}`, lines.map((line) => `${line}\n`).join(''));

  const arrived = (logQl: string, count: number): Promise<FoundLine[]> =>
    eventually(
      `${count} lines of ${logQl}`,
      async () => {
        const found = await loki.query(logQl);
        return found.length >= count ? found : undefined;
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );

  it(
    'has the lines as they came, with their labels',
    async () => {
      const lines = [
        '{"level":"warn","host":"node-1","project":"library","message":"größer \\" than 🐘"}',
        'plain text {with="braces"}',
        '\ttabs\tand a trailing space ',
      ];
      await ingest('shapes', lines);
      const found = await arrived('{service="shapes"}', 3);
      expect(found.map(({ text }) => text).sort()).toEqual([...lines].sort());
      expect(found.find(({ text }) => text.startsWith('{'))?.labels).toMatchObject({
        ...{ service: 'shapes', level: 'warn', host: 'node-1', project: 'library' },
      });
    },
    longMs,
  );

  it(
    'gets all that came while it was away, also when the collector was killed meanwhile',
    async () => {
      const lines = Array.from({ length: 4_000 }, (_, number) => `{"level":"info","number":${number}}`);
      await ingest('away', lines.slice(0, 1_000));
      await arrived('{service="away"}', 1_000);
      await loki.down();
      await ingest('away', lines.slice(1_000, 2_500));
      process.kill(collector.pid, 'SIGKILL');
      collector = await start();
      await ingest('away', lines.slice(2_500));
      await loki.up();
      const found = await arrived('{service="away"}', lines.length);
      expect(new Set(found.map(({ text }) => text)).size).toBe(lines.length);
    },
    longMs,
  );

  it(
    'refuses what is too old or too long, and no other line for that',
    async () => {
      const old = JSON.stringify({ time: new Date(Date.now() - 5 * hourMs).toISOString(), message: 'too old' });
      const long = JSON.stringify({ message: `too long ${'x'.repeat(300_000)}` });
      await ingest('refused', [old, 'before', long, 'after']);
      await ingest('refused', ['later']);
      const found = await arrived('{service="refused"}', 3);
      expect(found.map(({ text }) => text).sort()).toEqual(['after', 'before', 'later']);
      const metrics = await (await fetch(`${collector.url}/metrics`)).text();
      expect(metrics).toMatch(/^haven_log_forward_refused_lines_total\{target="loki"\} 2$/m);
    },
    longMs,
  );

  it(
    'has an answer to every question of the dashboards and of the guide',
    async () => {
      await ingest('nginx', ['{"level":"info","status":200,"message":"request"}']);
      await ingest('registry', ['{"level":"error","message":"message"}']);
      await arrived('{service="registry"}', 1);
      const questions = [...(await dashboardQueries()), ...(await guideQueries())];
      expect(questions.length).toBeGreaterThanOrEqual(5);
      for (const question of questions) {
        await eventually(question, async () => ((await loki.query(question)).length > 0 ? true : undefined));
      }
    },
    longMs,
  );

  it(
    'takes a line with more labels than it allows',
    async () => {
      const stream = Object.fromEntries(Array.from({ length: 15 }, (_, number) => [`label_${number}`, 'x']));
      const values = [[`${Date.now()}000000`, 'many labels']];
      const body = JSON.stringify({
        streams: [{ stream: { ...stream, service: 'labelled', level: 'error' }, values }],
      });
      await post('/loki/api/v1/push', body, 'application/json');
      const [line] = await arrived('{service="labelled", level="error"}', 1);
      expect(line?.text).toBe('many labels');
    },
    longMs,
  );
});
