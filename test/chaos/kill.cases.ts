import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  contentOf,
  deterministicBytes,
  makeImage,
  pullManifest,
  pullWhole,
  pushArtifact,
  uploadBlob,
  type Image,
  type UploadManner,
} from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { uniqueBytes } from '../harness/unique-bytes.ts';
import { blobPath, findFaults, findLeftovers } from './invariants.ts';
import type { OwnPlatform } from '../harness/own-platform.ts';
import { Random } from './random.ts';

const pushCount = 50;
const clientCount = 6;
const timeoutMs = 300_000;

const say = (line: string): void => {
  process.stderr.write(`chaos: ${line}\n`);
};

interface Push {
  image: Image;
  repository: string;
  tag: string;
  isAcknowledged: boolean;
}

/** Images that share layers with each other, so that pushes meet in the same blobs. */
async function makePushes(project: string, random: Random): Promise<Push[]> {
  const shared = await makeImage({ seed: `${project}-shared`, layerBytes: [400_000, 150_000, 90_000] });
  return Promise.all(
    Array.from({ length: pushCount }, async (_, n) => ({
      image: await makeImage({
        seed: `${project}-${n}`,
        baseLayers: [shared.layers[n % 3]!],
        layerBytes: [random.between(1, 900_000), random.between(1, 9_000)],
      }),
      repository: `${project}/app-${n % 5}`,
      tag: `v${n}`,
      isAcknowledged: false,
    })),
  );
}

const mannerOf = (n: number, project: string): UploadManner =>
  [
    { kind: 'monolithic' } as const,
    { kind: 'streamed' } as const,
    { kind: 'chunked', chunkBytes: 100_000 } as const,
    { kind: 'mount', from: `${project}/app-0` } as const,
  ][n % 4]!;

/** Pushes each once: what fails stays unfinished. Nobody begins while the platform is away. */
async function pushAll(platform: OwnPlatform, project: string, pushes: readonly Push[]): Promise<void> {
  const waiting = pushes.values();
  await Promise.all(
    Array.from({ length: clientCount }, async (_, n) => {
      for (const push of waiting) {
        await eventually('the platform is up', async () => ((await platform.isUp()) ? true : undefined), {
          timeoutMs: 60_000,
        });
        const { repository, image, tag } = push;
        const upload = mannerOf(n, project);
        push.isAcknowledged = await pushArtifact(platform.client(), repository, image, tag, { upload }).then(
          () => true,
          (error: unknown) => {
            mustBeOutage(error);
            return false;
          },
        );
      }
    }),
  );
}

/** A client may see the platform go away, and nothing else. */
function mustBeOutage(error: unknown): void {
  const cause = Error.isError(error) && Error.isError(error.cause) ? error.cause.message : '';
  const text = `${Error.isError(error) ? error.message : String(error)} ${cause}`;
  if (!/→ 50[234]|ECONNREFUSED|ECONNRESET|EPIPE|socket|closed|terminated/.test(text)) throw error;
}

/** Does something at random moments until the pushes are over; answers how often. */
async function disturbUntil(over: AbortSignal, random: Random, disturb: () => Promise<void>): Promise<number> {
  for (let count = 0; ; count += 1) {
    const isOver = await delay(random.between(50, 1_500), false, { signal: over }).catch(() => true);
    if (isOver) return count;
    await disturb();
  }
}

async function flushRedis(platform: OwnPlatform): Promise<void> {
  const socket = connect(await platform.portOf('redis'), '127.0.0.1');
  const password = await platform.secret('redis-password');
  socket.end(`AUTH ${password}\r\nFLUSHALL\r\nQUIT\r\n`);
  const answers = (await socket.setEncoding('utf8').toArray()).join('');
  if (!answers.startsWith('+OK\r\n+OK\r\n')) throw new Error(`FLUSHALL: ${answers}`);
}

/** Everything acknowledged is there, byte for byte; everything else is there whole, or not at all. Answers what is there. */
async function expectWhole(platform: OwnPlatform, pushes: readonly Push[]): Promise<Image[]> {
  const client = platform.client();
  const there: Image[] = [];
  for (const { repository, image, tag, isAcknowledged } of pushes) {
    const head = await client.request('HEAD', `/v2/${repository}/manifests/${tag}`);
    if (head.expect(200, 404).status === 404) {
      expect([repository, tag, isAcknowledged]).toEqual([repository, tag, false]);
      continue;
    }
    expect(await pullWhole(client, repository, tag)).toBe(image.manifest.digest);
    expect((await pullManifest(client, repository, tag)).bytes.equals(image.manifest.bytes)).toBe(true);
    there.push(image);
  }
  return there;
}

type Counts = Record<string, number>;

/** Purges until no upload is held any more: a writer that was killed keeps its session for half a minute. */
async function purgeAll(platform: OwnPlatform): Promise<Counts> {
  const sum: Counts = {};
  return eventually(
    'no upload is left',
    async () => {
      for (const [what, count] of Object.entries(await platform.purge())) {
        if (typeof count === 'number') sum[what] = (sum[what] ?? 0) + count;
      }
      const sessions = await platform.withDatabase((database) => database.query('SELECT FROM blob_upload'));
      return sessions.rowCount === 0 ? sum : undefined;
    },
    { timeoutMs: 60_000, everyMs: 2_000 },
  );
}

/** Defines tests that push while parts of the platform are killed at moments that the seed decides. */
export function killCases(platformOf: () => OwnPlatform, seed: number, rounds: number): void {
  const pushed = new Map<string, readonly Push[]>();
  const restart = (part: string) => async (): Promise<void> => {
    await platformOf().kill(part);
    await platformOf().up();
  };
  const disturbances = [
    { part: 'registry', what: 'is killed', disturb: restart('registry') },
    { part: 'postgres', what: 'is killed', disturb: restart('postgres') },
    { part: 'redis', what: 'is flushed', disturb: () => flushRedis(platformOf()) },
  ];

  describe.each(Array.from({ length: rounds }, (_, round) => round))(`${pushCount} pushes, round %i`, (round) => {
    it.each(disturbances)(
      'keep what was acknowledged while $part $what',
      async ({ part, what, disturb }) => {
        const platform = platformOf();
        const random = new Random(seed + round);
        const project = `chaos-${part}-${round}`;
        await platform.newProject(project);
        const pushes = await makePushes(project, random);
        pushed.set(project, pushes);

        const over = new AbortController();
        const disturbing = disturbUntil(over.signal, random, disturb);
        await pushAll(platform, project, pushes).finally(() => {
          over.abort();
        });
        const count = await disturbing;
        await platform.up();

        const acknowledged = pushes.filter(({ isAcknowledged }) => isAcknowledged).length;
        say(`${part} ${what} ${count} times, ${acknowledged} of ${pushCount} pushes acknowledged`);
        expect(count).toBeGreaterThan(0);
        expect(acknowledged).toBeGreaterThan(0);
        // Nothing of the registry stands on it.
        if (part === 'redis') expect(acknowledged).toBe(pushCount);
        await expectWhole(platform, pushes);
        expect(await findFaults(platform)).toEqual([]);
      },
      timeoutMs,
    );
  });

  it.each<UploadManner>([{ kind: 'monolithic' }, { kind: 'streamed' }])(
    'survive a commit that is cut between its bytes and its rows: $kind',
    async (manner) => {
      const platform = platformOf();
      const repository = `chaos-cut-${manner.kind}/app`;
      await platform.newProject(`chaos-cut-${manner.kind}`);
      const blob = contentOf('application/octet-stream', deterministicBytes(repository, 100_000));
      await platform.withDatabase(async (database) => {
        await database.query('BEGIN');
        // The last step of a commit, after the bytes are in their place.
        await database.query('LOCK TABLE quota_delta IN EXCLUSIVE MODE');
        const push = expect(uploadBlob(platform.client(), repository, blob, manner)).rejects.toThrow();
        await eventually('the bytes are in their place', () =>
          access(blobPath(platform, blob.digest)).then(
            () => true,
            () => undefined,
          ),
        );
        await platform.kill('registry');
        await push;
        await database.query('ROLLBACK');
      });
      await platform.up();
      expect((await platform.client().request('HEAD', `/v2/${repository}/blobs/${blob.digest}`)).status).toBe(404);
      expect(await findFaults(platform)).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'leave nothing else after a purge',
    async () => {
      const platform = platformOf();
      const counts = await purgeAll(platform);
      say(`purged ${JSON.stringify(counts)}`);
      expect(await findFaults(platform)).toEqual([]);
      // Files of manifests come and go while what was pushed is laid out for a stock registry.
      let leftovers: readonly string[] = [];
      await eventually('nothing is left', async () => {
        leftovers = await findLeftovers(platform);
        return leftovers.length === 0 ? true : undefined;
      }).catch(() => undefined);
      expect(leftovers).toEqual([]);
      for (const [project, pushes] of pushed) {
        const there = await expectWhole(platform, pushes);
        expect([project, await platform.usedBytes(project)]).toEqual([project, uniqueBytes(there)]);
      }
    },
    timeoutMs,
  );
}
