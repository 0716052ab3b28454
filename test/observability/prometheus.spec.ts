import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeImage, pullWhole, pushArtifact } from '@haven/testing/oci';
import { findProgram, mustRun } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { describeUnless } from '../harness/left-out.ts';
import { Site } from '../replication/site.ts';
import { PrometheusServer } from './prometheus.server.ts';

const observability = join(import.meta.dirname, '../../deploy/observability');
const prometheusFolder = join(observability, 'prometheus');
const rules = join(prometheusFolder, 'rules');
const longMs = 120_000;

const readGuide = (): Promise<string> => readFile(join(import.meta.dirname, '../../docs/monitoring.md'), 'utf8');

const missing = (program: string): string | undefined =>
  findProgram(program) === undefined ? `there is no ${program}` : undefined;

interface Query {
  dashboard: string;
  panel: string;
  expression: string;
}
interface Dashboard {
  title: string;
  panels: { title: string; targets: { expr: string; datasource?: object }[]; datasource: { type: string } }[];
}

/** Every question that a dashboard asks Prometheus, with what Grafana would put in place of its variables. */
async function dashboardQueries(): Promise<Query[]> {
  const folder = join(observability, 'grafana/dashboards');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const dashboards = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Dashboard),
  );
  return dashboards.flatMap(({ title, panels }) =>
    panels
      .filter(({ datasource }) => datasource.type === 'prometheus')
      .flatMap((panel) =>
        panel.targets.map(({ expr }) => ({
          dashboard: title,
          panel: panel.title,
          expression: expr.replaceAll('$__rate_interval', '1m').replace(/"\$(?:project|policy)"/g, '".*"'),
        })),
      ),
  );
}

/** What the dashboard that Harbor brings asks for, short of what only Go has. */
const harborQueries = [
  'harbor_up',
  'harbor_project_quota_usage_byte',
  'harbor_project_member_total',
  'harbor_project_repo_total',
  'harbor_artifact_pulled',
  'rate(harbor_core_http_request_total[1m])',
  'harbor_core_http_request_duration_seconds{quantile="0.9"}',
  'harbor_core_http_inflight_requests',
  'process_open_fds{service=~"harbor-.*"}',
  'rate(process_cpu_seconds_total{service=~"harbor-.*"}[1m])',
  'harbor_task_queue_latency',
  'harbor_task_concurrency',
  'harbor_task_queue_size',
  'rate(harbor_task_scheduled_total[1m])',
  'harbor_task_scheduled_total',
  'registry_http_in_flight_requests',
  'rate(registry_http_requests_total[1m])',
  'histogram_quantile(0.9, rate(registry_http_request_duration_seconds_bucket[1m]))',
  'histogram_quantile(0.9, rate(registry_http_request_size_bytes_bucket[1m]))',
  'histogram_quantile(0.9, rate(registry_http_response_size_bytes_bucket[1m]))',
];

describeUnless(missing('promtool'), 'alert rules', () => {
  it('are what Prometheus takes, and fire when they should and not else', async () => {
    await mustRun('promtool', ['check', 'rules', join(rules, 'haven.rules.yml')]);
    await mustRun('promtool', ['check', 'config', join(prometheusFolder, 'prometheus.yml')]);
    await mustRun('promtool', ['test', 'rules', join(rules, 'haven.rules.test.yml')]);
  });

  it('each say in docs/monitoring.md what to do', async () => {
    const guide = await readGuide();
    const alerts = (await readFile(join(rules, 'haven.rules.yml'), 'utf8')).matchAll(/alert: (\w+)/g);
    expect([...alerts].map(([, name = '']) => name).filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });
});

describeUnless(missing('amtool'), 'the configuration of Alertmanager', () => {
  it('is one', async () => {
    await mustRun('amtool', ['check-config', join(observability, 'alertmanager/alertmanager.yml')]);
  });
});

describeUnless(missing('prometheus'), 'Prometheus', () => {
  const project = 'watched';
  let site: Site;
  let prometheus: PrometheusServer;
  let pushing: Promise<void>;
  const over = new AbortController();

  /** Pushes and pulls on and on, as people do: rates are of the last minute. */
  async function keepBusy(): Promise<void> {
    while (!over.signal.aborted) await pushAndPull();
  }

  async function pushAndPull(): Promise<void> {
    const image = await makeImage({ seed: randomBytes(6).toString('hex'), layerBytes: [20_000] });
    await pushArtifact(site.platform.client(), `${project}/app`, image, 'v1');
    await pullWhole(site.platform.client(), `${project}/app`, 'v1');
  }

  beforeAll(async () => {
    site = await Site.start();
    const { platform } = site;
    const parts = { core: 8081, registry: 5000, jobservice: 8082, 'log-collector': 8083, 'gc-controller': 8084 };
    const targets: Record<string, string> = {};
    for (const [part, port] of Object.entries(parts))
      targets[`${part}:${port}`] = `127.0.0.1:${await platform.portOf(part)}`;
    prometheus = await PrometheusServer.start(prometheusFolder, targets);

    (await platform.api('POST', '/projects', { project_name: project, storage_limit: 1e9 })).expect(201);
    await pushAndPull(); // before the replication looks for what to send
    pushing = keepBusy();
    const filters = [{ type: 'name', value: `${project}/**` }];
    const dest_registry = { id: await site.endpoint(platform.url) };
    const policy = await site.policy({ dest_registry, dest_namespace: 'copied', filters });
    await site.run(policy);
    const collection = { schedule: { type: 'Manual' }, parameters: { delete_untagged: true } };
    (await platform.api('POST', '/system/gc/schedule', collection)).expect(201);
  }, 300_000);

  afterAll(async () => {
    over.abort();
    await pushing;
    await prometheus.stop();
    await site.platform.remove();
  }, longMs);

  it('reaches every service', async () => {
    await eventually('every target is up', async () => {
      const up = (await prometheus.targets()).filter(({ health }) => health === 'up').map(({ labels }) => labels.job);
      return up.sort().join() === 'core,gc-controller,jobservice,log-collector,registry' ? true : undefined;
    });
  });

  it(
    'has an answer to every question of the dashboards',
    async () => {
      const queries = await dashboardQueries();
      expect(queries.length).toBeGreaterThan(60);
      for (const { dashboard, panel, expression } of queries) {
        await eventually(
          `${dashboard}, ${panel}: ${expression}`,
          async () => ((await prometheus.query(expression)).some(Number.isFinite) ? true : undefined),
          { timeoutMs: 60_000, everyMs: 1_000 },
        );
      }
    },
    longMs,
  );

  it('has an answer to what the dashboard of Harbor asks', async () => {
    for (const expression of harborQueries) {
      expect([expression, (await prometheus.query(expression)).length]).not.toEqual([expression, 0]);
    }
  });

  it('can work out every rule, and has nothing to alert about', async () => {
    const all = await prometheus.rules();
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(all.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([]);
  });

  it('finds no metric of ours that the guide does not explain', async () => {
    const guide = await readGuide();
    const names = (await prometheus.names()).map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
    const ours = new Set(names.filter((name) => /^(?:haven|harbor|registry)_/.test(name)));
    expect(ours.size).toBeGreaterThan(50);
    expect([...ours].filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it('counts what was pulled and pushed', async () => {
    const bytes = `sum(haven_registry_pushed_bytes_total{project="${project}"})`;
    const [pushed = 0] = await prometheus.query(bytes);
    expect(pushed).toBeGreaterThan(20_000);
    const [replicated = 0] = await prometheus.query('sum(haven_replication_artifacts_total)');
    expect(replicated).toBeGreaterThanOrEqual(1);
  });
});
