import { join } from 'node:path';
import { dataPaths } from '../data-folder.ts';
import { Failure } from '../failure.ts';
import { pickFree, readPorts } from '../ports.ts';
import { databaseUrl } from './database-url.ts';
import { stopAll } from '../supervisor.ts';
import type { Workshop } from './workshop.ts';

const lifecycle = '/test/lifecycle/';
const chaosTests = '/test/chaos/';
const replicationTests = '/test/replication/';
const chartTests = '/test/chart/';
const observabilityTests = '/test/observability/';
const composeTests = '/test/compose/';

/** Tests from outside, against a whole platform started as anybody would start it. */
export async function blackBox(shop: Workshop): Promise<void> {
  const data = dataPaths(join(shop.folder, 'black-box'));
  const port = await pickFree([]);
  const haven = join(shop.checkout, 'tools/src/haven.ts');
  try {
    await shop.call(process.execPath, [haven, 'up', '--data', data.root, '--port', String(port)]);
    const ports = readPorts(data);
    if (ports === undefined) throw new Failure(`${data.root} has no ports`);
    const env = {
      HAVEN_TEST_URL: `http://localhost:${port}`,
      HAVEN_TEST_ADMIN_PASSWORD: 'Harbor12345',
      HAVEN_TEST_DATABASE_URL: databaseUrl(data, ports.postgres),
      HAVEN_TEST_DATA: data.root,
    };
    await shop.jest('black-box', env, [
      '--testPathIgnorePatterns',
      '/node_modules/',
      lifecycle,
      chaosTests,
      replicationTests,
      chartTests,
      observabilityTests,
      composeTests,
    ]);
    // These stop and kill the platform, so they have it to themselves.
    const alone = { ...env, HAVEN_TEST_LIFECYCLE: '1' };
    await shop.jest('black-box', alone, ['--testPathPatterns', lifecycle]);
  } finally {
    await stopAll(data);
  }
}

/** Several platforms that copy to each other and to other registries; the tests start and stop them themselves. */
export async function replication(shop: Workshop): Promise<void> {
  await shop.jest('black-box', {}, ['--testPathPatterns', replicationTests]);
}

/** What helm and Kubernetes' API server make of the chart; needs no platform. */
export async function chart(shop: Workshop): Promise<void> {
  await shop.jest('black-box', {}, ['--testPathPatterns', chartTests]);
}

/** Kills, a full disk, and memory under load, on a platform that the tests start and stop themselves. */
export async function chaos(shop: Workshop): Promise<void> {
  await shop.jest('black-box', { HAVEN_TEST_CHAOS: '1' }, ['--testPathPatterns', chaosTests]);
}

/** A real Prometheus with our rules and dashboards, on a platform that the tests start and stop themselves. */
export async function observability(shop: Workshop): Promise<void> {
  await shop.jest('black-box', {}, ['--testPathPatterns', observabilityTests]);
}

/** The platform in containers, as the compose file has it; the tests build the images, start and stop it themselves. */
export async function compose(shop: Workshop): Promise<void> {
  await shop.jest('black-box', {}, ['--testPathPatterns', composeTests]);
}
