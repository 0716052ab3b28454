import { startExecution } from '@haven/queue';
import { PlatformFigureService } from '../src/metrics/platform-figure.service.js';
import { ContentBuilder } from './content-builder.js';
import { admin, CoreApp } from './core-app.js';

/** What Prometheus is told of a metric, by its labels as they are written; nothing when there is no such metric. */
async function scrape(core: CoreApp, name: string): Promise<Record<string, number>> {
  const { text } = await core.raw('GET', '/metrics');
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const refresh = (core: CoreApp): Promise<void> => core.service(PlatformFigureService).refresh();

/** @param given asked for when the tests run */
export function metricsCases(given: () => CoreApp): void {
  describe('GET /metrics', () => {
    const project = 'figures';
    let core: CoreApp;
    let content: ContentBuilder;

    beforeAll(async () => {
      core = given();
      const projectId = await core.createProject(project, admin, true);
      content = new ContentBuilder(core.db, projectId, project);
      await content.push('app', 'one', { tag: 'one' });
      await content.push('app', 'two', { tag: 'two' });
      await content.push('chart', 'three', { tag: 'three', type: 'CHART' });
    });

    it('has the figures of projects under the names of Harbor', async () => {
      await refresh(core);
      const own = `{project_name="${project}"}`;
      const { body } = await core.get(`/projects/${project}/summary`, admin);
      const used = (body as { quota: { used: { storage: number } } }).quota.used.storage;
      expect(used).toBeGreaterThan(0);
      expect(await scrape(core, 'harbor_project_quota_usage_byte')).toMatchObject({ [own]: used });
      expect(await scrape(core, 'harbor_project_quota_byte')).toMatchObject({ [own]: -1 });
      expect(await scrape(core, 'harbor_project_member_total')).toMatchObject({ [own]: 1 });
      expect(await scrape(core, 'harbor_project_repo_total')).toMatchObject({
        [`{project_name="${project}",public="true"}`]: 2,
      });
      const { body: statistics } = await core.get('/statistics', admin);
      const { total_project_count, public_repo_count } = statistics as Record<string, number>;
      expect(await scrape(core, 'harbor_statistics_total_project_amount')).toEqual({ '': total_project_count });
      expect(await scrape(core, 'harbor_statistics_public_repo_amount')).toEqual({ '': public_repo_count });
    });

    it('counts artifacts as they come and go', async () => {
      const artifacts = async (): Promise<Record<string, number>> => {
        await refresh(core);
        const all = await scrape(core, 'harbor_project_artifact_total');
        return Object.fromEntries(Object.entries(all).filter(([labels]) => labels.includes(`"${project}"`)));
      };
      const labels = (type: string) => `{project_name="${project}",public="true",artifact_type="${type}"}`;
      expect(await artifacts()).toEqual({ [labels('IMAGE')]: 2, [labels('CHART')]: 1 });
      await content.push('app', 'two', { tag: 'again' });
      await content.push('app', 'four');
      await core.delete(`/projects/${project}/repositories/chart`, admin);
      expect(await artifacts()).toEqual({ [labels('IMAGE')]: 3 });
      await core.delete(`/projects/${project}/repositories/app/artifacts/one`, admin);
      expect(await artifacts()).toEqual({ [labels('IMAGE')]: 2 });
    });

    it('has what waits: jobs, events, garbage', async () => {
      const parameters = { retentionHours: 1, eventTypes: [], isDry: true };
      await core.db.transaction((tx) =>
        startExecution(tx, { vendorType: 'PURGE_AUDIT_LOG', trigger: 'MANUAL', parameters }),
      );
      await refresh(core);
      expect(await scrape(core, 'harbor_task_queue_size')).toMatchObject({
        '{type="PURGE_AUDIT_LOG"}': 1,
        '{type="REPLICATION"}': 0,
      });
      expect(await scrape(core, 'haven_trash_artifacts')).toEqual({ '': 2 });
      expect(await scrape(core, 'haven_gc_backlog_blobs')).toHaveProperty(['']);
      expect(await scrape(core, 'haven_damaged_blobs')).toEqual({ '{kind="corrupt"}': 0, '{kind="missing"}': 0 });
      expect(Object.keys(await scrape(core, 'haven_outbox_events'))).toContain('{consumer="core"}');
    });

    it('counts requests by operation', async () => {
      const labels = '{method="GET",code="200",operation="getPing"}';
      const before = (await scrape(core, 'harbor_core_http_request_total'))[labels] ?? 0;
      await core.get('/ping');
      expect(await scrape(core, 'harbor_core_http_request_total')).toMatchObject({ [labels]: before + 1 });
      expect(await scrape(core, 'harbor_core_http_request_duration_seconds')).toHaveProperty([
        '{quantile="0.9",method="GET",operation="getPing"}',
      ]);
      expect(await scrape(core, 'harbor_core_http_inflight_requests')).toEqual({ '': 1 });
    });

    it('says what is well', async () => {
      await refresh(core);
      const up = await scrape(core, 'harbor_up');
      expect(up).toMatchObject({ '{component="core"}': 1, '{component="database"}': 1, '{component="registry"}': 0 });
      expect(await scrape(core, 'harbor_health')).toEqual({ '': 0 });
    });

    it('tells the platform from one replica only, and from another when that one has gone', async () => {
      const first = await CoreApp.start({ on: core, env: { HAVEN_METRICS_PROJECTS: '1' } });
      try {
        await refresh(first);
        expect(await scrape(first, 'harbor_project_total')).toEqual({});
        await core.service(PlatformFigureService).onApplicationShutdown();
        await refresh(first);
        expect(await scrape(first, 'harbor_project_total')).toMatchObject({
          '{public="true"}': expect.any(Number) as number,
        });
        // Beyond the limit projects are counted together.
        const members = await scrape(first, 'harbor_project_member_total');
        expect(members).toEqual({
          [`{project_name="${project}"}`]: 1,
          '{project_name="_other"}': expect.any(Number) as number,
        });
        await refresh(core);
        expect(await scrape(core, 'harbor_project_total')).toEqual({});
      } finally {
        await first.stop();
      }
    });
  });
}
