import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import { basic, locationOf, send } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { describeUnless } from '../harness/left-out.ts';
import { OwnPlatform } from '../harness/own-platform.ts';
import { Random } from './random.ts';
import { Replica } from './replica.ts';

const isWanted = process.env['HAVEN_TEST_CHAOS'] === '1';
const admin = { username: 'admin', password: 'Harbor12345' };
/** More than any of these replicas takes in a test: they die when they are told to. */
const manySteps = 1_000_000_000;

interface Transfer {
  repository_name: string;
  bytes: number;
}

/** A push that goes on until it is ended. */
class SlowPush {
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly patch: ClientRequest) {
    // Whoever kills the other side expects that.
    patch.on('error', () => undefined);
    this.timer = setInterval(() => patch.write(Buffer.alloc(100_000, 'x')), 200);
  }

  /** @param url of the registry, as this client reaches it */
  static async start(platform: OwnPlatform, url: string, repository: string): Promise<SlowPush> {
    const realm = { realm: `${platform.url}/service/token`, service: 'harbor-registry' };
    const token = await platform.client().fetchToken({ ...realm, scope: `repository:${repository}:pull,push` });
    const headers = { authorization: `Bearer ${token}` };
    const opened = (await send('POST', `${url}/v2/${repository}/blobs/uploads/`, { headers })).expect(202);
    const location = new URL(locationOf(opened), url);
    return new SlowPush(request(location, { method: 'PATCH', headers, agent: false }));
  }

  /** @returns the status of the answer */
  async end(): Promise<number> {
    clearInterval(this.timer);
    const answered = once(this.patch, 'response') as Promise<[{ statusCode: number; resume(): void }]>;
    this.patch.end();
    const [answer] = await answered;
    answer.resume();
    return answer.statusCode;
  }

  abandon(): void {
    clearInterval(this.timer);
    this.patch.destroy();
  }
}

describeUnless(isWanted ? undefined : 'HAVEN_TEST_CHAOS is not 1', 'transfers that run', () => {
  let platform: OwnPlatform;
  let registry: Replica;
  let core: Replica;

  beforeAll(async () => {
    platform = await OwnPlatform.start();
    const random = new Random(1);
    registry = await Replica.of(platform, 'registry', random, manySteps);
    core = await Replica.of(platform, 'core', random, manySteps);
    for (const { url } of [registry, core]) {
      await eventually(`${url} answers`, () =>
        send('GET', `${url}/readyz`).then(
          ({ status }) => (status === 200 ? true : undefined),
          () => undefined,
        ),
      );
    }
  }, 300_000);
  afterAll(async () => {
    await Promise.all([registry.stop(), core.stop()]);
    await platform.remove();
  }, 60_000);

  const seenAt = async (url: string): Promise<string[]> => {
    const headers = { authorization: basic(admin.username, admin.password) };
    const answer = await send('GET', `${url}/api/v2.0/operations/transfers`, { headers }).catch(() => null);
    if (answer?.status !== 200) return ['nobody answers'];
    return (answer.json() as Transfer[]).map((transfer) => transfer.repository_name).sort();
  };
  const until = (url: string, ...repositories: string[]): Promise<true> =>
    eventually(`${repositories.join(', ')} at ${url}`, async () =>
      (await seenAt(url)).join() === repositories.join() ? true : undefined,
    );

  it('are those of all registries, at all replicas of core, whatever is killed', async () => {
    const first = await SlowPush.start(platform, platform.url, 'library/first');
    const second = await SlowPush.start(platform, registry.url, 'library/second');
    for (const url of [platform.url, core.url]) await until(url, 'library/first', 'library/second');

    const killedAt = performance.now();
    await registry.stop();
    await until(core.url, 'library/first');
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    second.abandon();

    // Without Redis a replica of core shows what it is told itself; one that begins anew is told within a second.
    await platform.kill('redis');
    await until(platform.url, 'library/first');
    await platform.kill('core');
    await until(platform.url, 'nobody answers');
    await platform.up();
    await until(platform.url, 'library/first');
    expect(await first.end()).toBe(202);
    await until(platform.url);

    // The platform's own registry, in the middle of a push.
    const third = await SlowPush.start(platform, platform.url, 'library/third');
    await until(platform.url, 'library/third');
    await platform.kill('registry');
    await until(platform.url);
    third.abandon();
  }, 180_000);
});
