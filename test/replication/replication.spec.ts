import { randomBytes } from 'node:crypto';
import {
  FaultProxy,
  hasStockRegistry,
  makeImage,
  makeReferrer,
  makeTwoPlatformIndex,
  pullWhole,
  StockRegistry,
} from '@haven/testing/oci';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../harness/eventually.ts';
import { describeUnless } from '../harness/left-out.ts';
import { Site } from './site.ts';

const fresh = (): string => randomBytes(6).toString('hex');
const image = (layerBytes: readonly number[] = [4_096]) => makeImage({ seed: fresh(), layerBytes });
const byEvents = { trigger: { type: 'event_based' }, replicate_deletion: true };
const named = (pattern: string): object => ({ filters: [{ type: 'name', value: pattern }] });
const megabyte = 1_048_576;

let head: Site;
let province: Site;

beforeAll(async () => {
  head = await Site.start();
  province = await Site.start();
}, 180_000);
afterAll(async () => {
  await Promise.all([head, province].map((site) => site.platform.remove()));
}, 120_000);

describe('from head office to province to city', () => {
  let city: Site;
  beforeAll(async () => {
    city = await Site.start();
    const wishes = { ...byEvents, ...named('chain/**') };
    await head.platform.newProject('chain');
    await head.policy({ dest_registry: { id: await head.endpoint(province.platform.url) }, ...wishes });
    await province.policy({ dest_registry: { id: await province.endpoint(city.platform.url) }, ...wishes });
  }, 180_000);
  afterAll(() => city.platform.remove(), 120_000);

  it('a push at the top is pullable at the bottom, with children and signature, and its deletion follows', async () => {
    const index = await makeTwoPlatformIndex({ seed: fresh(), layerBytes: [8_192] });
    await head.push('chain/app', index, 'v1');
    const artifactType = 'application/vnd.example.signature';
    const signature = makeReferrer({ subject: index.manifest, artifactType, payload: randomBytes(64) });
    await head.push('chain/app', signature, signature.manifest.digest);

    expect(await city.arrived('chain/app', 'v1')).toBe(index.manifest.digest);
    await city.arrived('chain/app', signature.manifest.digest);
    const path = `/v2/chain/app/referrers/${index.manifest.digest}`;
    const referrers = (await city.platform.client().request('GET', path)).expect(200).json();
    expect(referrers).toMatchObject({ manifests: [{ digest: signature.manifest.digest, artifactType }] });

    const artifact = `/projects/chain/repositories/app/artifacts/v1`;
    (await head.platform.api('DELETE', artifact)).expect(200);
    await city.gone('chain/app', 'v1');
    expect(await city.digest('chain/app', signature.manifest.digest)).toBeUndefined();
  }, 120_000);

  it('a tag that is deleted alone goes alone', async () => {
    const kept = await image();
    await head.push('chain/app', kept, 'kept');
    await head.push('chain/app', kept, 'dropped');
    await city.arrived('chain/app', 'dropped');
    await city.arrived('chain/app', 'kept');
    (await head.platform.api('DELETE', '/projects/chain/repositories/app/artifacts/kept/tags/dropped')).expect(200);
    await city.gone('chain/app', 'dropped');
    expect(await city.digest('chain/app', 'kept')).toBe(kept.manifest.digest);
  }, 120_000);
});

describe('two masters that copy to each other', () => {
  beforeAll(async () => {
    const wishes = { ...byEvents, ...named('dual/**') };
    for (const [here, there] of [
      [head, province],
      [province, head],
    ] as const) {
      await here.platform.newProject('dual');
      await here.policy({ dest_registry: { id: await here.endpoint(there.platform.url) }, ...wishes });
    }
  });

  it('settle pushes of the same tag on one answer, and fall silent', async () => {
    const tags = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(
      tags.map(async (tag) => {
        const [one, other] = [await image(), await image()];
        await Promise.all([head.push('dual/app', one, tag), province.push('dual/app', other, tag)]);
      }),
    );
    const settled = async (): Promise<true | undefined> => {
      for (const site of [head, province]) if (!(await site.activity()).isSilent) return undefined;
      for (const tag of tags) {
        if ((await head.digest('dual/app', tag)) !== (await province.digest('dual/app', tag))) return undefined;
      }
      return true;
    };
    await eventually('both have the same', settled, { timeoutMs: 60_000 });
    for (const tag of tags) await pullWhole(province.platform.client(), 'dual/app', tag);
    const before = await Promise.all([head.activity(), province.activity()]);
    // An echo would come within a second or two.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await Promise.all([head.activity(), province.activity()])).toEqual(before);
  }, 120_000);
});

const noStock = hasStockRegistry ? undefined : 'docker-registry is not installed';
describeUnless(noStock, 'with a stock registry', () => {
  let root: string;
  let stock: StockRegistry;
  let proxy: FaultProxy;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'haven-stock-'));
    stock = await StockRegistry.start(root);
    proxy = await FaultProxy.start(stock.client.url);
    await head.platform.newProject('stock');
  }, 60_000);
  afterAll(async () => {
    proxy.stop();
    await stock.stop();
    await rm(root, { recursive: true });
  });
  beforeEach(() => {
    proxy.reset();
  });

  it('there and back; a second run copies nothing, and asks little; what was lost is sent again', async () => {
    const index = await makeTwoPlatformIndex({ seed: fresh(), layerBytes: [8_192] });
    await head.push('stock/multi', index, 'multi');
    for (const tag of ['1', '2', '3']) await head.push('stock/multi', await image(), tag);
    const target = { dest_registry: { id: await head.endpoint(proxy.url, 'docker-registry') } };
    const there = await head.policy({ ...target, ...named('stock/multi'), dest_namespace: 'mirror' });
    expect(await head.run(there)).toMatchObject({ status: 'Succeed', total: 1 });
    expect(await pullWhole(stock.client, 'mirror/multi', 'multi')).toBe(index.manifest.digest);

    proxy.reset();
    expect(await head.run(there)).toMatchObject({ status: 'Succeed', total: 0 });
    expect(proxy.count('PUT') + proxy.count('POST') + proxy.count('PATCH')).toBe(0);
    expect(proxy.passed.length).toBeLessThanOrEqual(5);

    await rm(join(root, 'docker/registry/v2/repositories/mirror/multi/_manifests/tags/2'), { recursive: true });
    expect(await head.run(there)).toMatchObject({ status: 'Succeed', total: 1 });
    await pullWhole(stock.client, 'mirror/multi', '2');

    const source = { src_registry: { id: await province.endpoint(proxy.url, 'docker-registry') } };
    const back = await province.policy({ ...source, ...named('mirror/**'), dest_namespace: 'returned' });
    expect(await province.run(back)).toMatchObject({ status: 'Succeed', total: 1 });
    expect(await province.arrived('returned/multi', 'multi')).toBe(index.manifest.digest);
  }, 120_000);

  it('a broken connection, an error, a limit and half a blob end in success, and only what was missing is sent', async () => {
    const pushed = await image([3 * megabyte, 2 * megabyte, megabyte / 2]);
    await head.push('stock/faulty', pushed, 'v1');
    const target = { dest_registry: { id: await head.endpoint(proxy.url, 'docker-registry') } };
    const policy = await head.policy({ ...target, ...named('stock/faulty') });
    proxy.fail('PATCH', /uploads/, { cutRequestAfter: megabyte }, { status: 500 });
    proxy.fail('POST', /uploads/, { status: 429, headers: { 'retry-after': '1' } }, { status: 503 });
    proxy.fail('PUT', /manifests/, { status: 502 });
    const execution = await head.run(policy);
    expect([execution.status, await head.log(execution.id)]).toEqual(['Succeed', expect.stringContaining('v1 copied')]);
    expect(await pullWhole(stock.client, 'stock/faulty', 'v1')).toBe(pushed.manifest.digest);
    const sizes = pushed.blobs.reduce((sum, { size }) => sum + size, 0);
    // This registry keeps nothing of an upload that breaks off: that blob is sent again, and no other.
    const largest = Math.max(...pushed.blobs.map(({ size }) => size));
    expect(proxy.bytes('sentBytes', /uploads/)).toBeLessThanOrEqual(sizes + 2 * largest);
  }, 120_000);

  it('a target that is away fails in the end, and says so', async () => {
    await head.push('stock/away', await image(), 'v1');
    const id = await head.endpoint(proxy.url, 'docker-registry');
    const policy = await head.policy({ dest_registry: { id }, ...named('stock/away') });
    proxy.script = ({ path }) =>
      path.includes('blobs') ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined;
    const execution = await head.run(policy);
    expect(execution.status).toBe('Failed');
    expect(await head.log(execution.id)).toMatch(/ERROR.*403/);
  }, 120_000);
});

describe('a large copy', () => {
  const largeBytes = 60 * megabyte;
  /** So slow that there is time to interfere. */
  const slow = { speed: 8_192 };

  const begin = async (repository: string): Promise<number> => {
    await head.push(repository, await image([largeBytes]), 'v1');
    const id = await head.endpoint(province.platform.url);
    const execution = await head.start(await head.policy({ dest_registry: { id }, ...named(repository), ...slow }));
    await eventually('bytes flow', async () => ((await sentBytes(execution)) > 10 * megabyte ? true : undefined));
    return execution;
  };
  const sentBytes = async (execution: number): Promise<number> => {
    const answer = await head.platform.api('GET', `/replication/executions/${execution}/tasks`);
    const [task] = answer.expect(200).json() as { progress?: { bytes: number } }[];
    return task?.progress?.bytes ?? 0;
  };

  beforeAll(() => head.platform.newProject('large'));

  it('is stopped within two seconds', async () => {
    const execution = await begin('large/stopped');
    const since = performance.now();
    (await head.platform.api('PUT', `/replication/executions/${execution}`)).expect(200);
    expect((await head.ended(execution)).status).toBe('Stopped');
    expect(performance.now() - since).toBeLessThan(2_500);
    expect(await province.digest('large/stopped', 'v1')).toBeUndefined();
  }, 120_000);

  it('goes on where it was when its process is killed', async () => {
    const execution = await begin('large/killed');
    await head.platform.kill('jobservice');
    const sentBefore = await sentBytes(execution);
    await head.platform.up();
    expect((await head.ended(execution)).status).toBe('Succeed');
    await province.arrived('large/killed', 'v1');
    // The figure begins anew with each run. What the last half second had sent is not in it.
    expect(sentBefore + (await sentBytes(execution))).toBeLessThan(largeBytes * 1.1);
  }, 180_000);
});
