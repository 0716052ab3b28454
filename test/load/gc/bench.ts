import { parseArgs } from 'node:util';
import { eventually } from '../../harness/eventually.ts';
import { sayLeftOut } from '../../harness/left-out.ts';
import { OwnPlatform } from '../../harness/own-platform.ts';
import { median } from '../median.ts';
import { secondsOf } from '../speed/client.ts';
import { collect, release, settled, type Taken } from './collection.ts';
import { deleteAll, imagesOf, pushAll, pushMeanwhile, type PushedMeanwhile } from './content.ts';
import { Distribution } from './distribution.ts';
import { closePulls, pullLatency, pullTarget, type Latency } from './pull-latency.ts';
import { seedGarbage, seedUsed } from './seed.ts';

/**
 * Collects the same garbage on two platforms of which one holds ten times as much, pulls meanwhile, and does beside a stock
 * registry what that does with its command.
 */
const { values } = parseArgs({
  options: {
    blobs: { type: 'string', default: '1000000' },
    garbage: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    images: { type: 'string', default: '200' },
    // Of scale, pulls and peer, those to be measured.
    only: { type: 'string', default: '' },
  },
});
const [blobs, garbage, rounds, images] = [values.blobs, values.garbage, values.rounds, values.images].map(Number) as [
  number,
  number,
  number,
  number,
];
const goals = { scale: 1.5, pulls: 1.1 };
const windowMs = 3_000;
const isWanted = (part: string): boolean => values.only === '' || values.only === part;

if (isWanted('scale')) await compareScales();
if (isWanted('pulls')) await comparePulls();
if (isWanted('peer')) await comparePeer();
await closePulls();

async function seeded(used: number, settings: Readonly<Record<string, string>>): Promise<OwnPlatform> {
  const platform = await OwnPlatform.start({ GC_TIME_WINDOW_HOURS: '0', HAVEN_TRASH_DAYS: '0', ...settings });
  const seconds = await secondsOf(() => platform.withDatabase((database) => seedUsed(database, used)));
  console.log(`${used} blobs in ${seconds.toFixed(0)} s`);
  return platform;
}

/** The cost of a collection follows the garbage: as fast as it goes, beside ten times as much that is in use. */
async function compareScales(): Promise<void> {
  const unpaced = { HAVEN_GC_BLOBS_PER_SECOND: '100000' };
  const platforms = [await seeded(blobs / 10, unpaced), await seeded(blobs, unpaced)] as const;
  try {
    const taken: [Taken[], Taken[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      for (const at of [0, 1] as const) {
        await seedGarbage(platforms[at], round, garbage);
        taken[at].push(await collect(platforms[at]));
      }
      console.log(`round ${round + 1}: ${taken.map((all) => all.at(-1)?.seconds.toFixed(1)).join(' and ')} s`);
    }
    console.log(`| ${garbage} blobs of garbage | beside ${blobs / 10} | beside ${blobs} | ratio |\n|---|---|---|---|`);
    for (const figure of ['seconds', 'transactions', 'rows'] as const) {
      const [few, many] = taken.map((all) => median(all.map((one) => one[figure]))) as [number, number];
      const ratio = many / few;
      const verdict = ratio <= goals.scale ? `goal ${goals.scale}` : `goal ${goals.scale}, **missed**`;
      console.log(`| ${figure} | ${few.toFixed(1)} | ${many.toFixed(1)} | ${ratio.toFixed(2)} (${verdict}) |`);
    }
  } finally {
    await Promise.all(platforms.map((platform) => platform.remove()));
  }
}

/** Pulls while a collection goes on at its pace, and while none does, in turn. */
async function comparePulls(): Promise<void> {
  const platform = await seeded(blobs, {});
  try {
    const target = await pullTarget(platform);
    const found = {
      manifest: { idle: [] as Latency[], busy: [] as Latency[] },
      blob: { idle: [] as Latency[], busy: [] as Latency[] },
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const what of ['manifest', 'blob'] as const) {
        await seedGarbage(platform, round * 2 + Number(what === 'blob'), Math.ceil(windowMs / 5));
        found[what].idle.push(await pullLatency(target, what, windowMs));
        await release(platform);
        await begun(platform);
        found[what].busy.push(await pullLatency(target, what, windowMs));
        await goesOn(platform);
        await settled(platform);
      }
    }
    console.log('| pull, 4 clients | without a collection ms | beside one ms | ratio |\n|---|---|---|---|');
    for (const what of ['manifest', 'blob'] as const) {
      for (const share of ['p50', 'p95'] as const) {
        const [idle, busy] = [found[what].idle, found[what].busy].map((all) =>
          median(all.map((one) => one[share])),
        ) as [number, number];
        const ratio = busy / idle;
        const verdict = ratio <= goals.pulls ? `goal ${goals.pulls}` : `goal ${goals.pulls}, **missed**`;
        console.log(
          `| ${what}, ${share} | ${idle.toFixed(2)} | ${busy.toFixed(2)} | ${ratio.toFixed(2)} (${verdict}) |`,
        );
      }
    }
  } finally {
    await platform.remove();
  }
}

/** Until the first blob has been set aside. */
async function begun(platform: OwnPlatform): Promise<void> {
  const query = 'SELECT FROM blob_review WHERE quarantined_at IS NOT NULL LIMIT 1';
  await eventually('the collection begins', () =>
    platform.withDatabase(async (database) => ((await database.query(query)).rowCount === 0 ? undefined : true)),
  );
}

/** Throws when the collection was over before the measurement. */
async function goesOn(platform: OwnPlatform): Promise<void> {
  const left = await platform.withDatabase((database) =>
    database.query('SELECT FROM blob_review WHERE not_before <= now()'),
  );
  if (left.rowCount === 0) throw new Error('the collection was over too early');
}

/** The same images, of which every second is deleted: how long each takes to free them, and what becomes of pushes meanwhile. */
async function comparePeer(): Promise<void> {
  const peer = await Distribution.start();
  if (peer === undefined) {
    sayLeftOut('distribution 3', 'neither in HAVEN_TEST_GO_TOOLS nor can it be built here with Go');
    return;
  }
  const unpaced = { HAVEN_GC_BLOBS_PER_SECOND: '100000' };
  const platform = await OwnPlatform.start({ GC_TIME_WINDOW_HOURS: '0', HAVEN_TRASH_DAYS: '0', ...unpaced });
  try {
    const subjects = [
      { name: 'Haven', client: platform.client(), run: () => freed(platform) },
      { name: 'distribution 3', client: peer.client, run: () => peer.collect() },
    ];
    const seconds = subjects.map((): number[] => []);
    const meanwhile = subjects.map((): PushedMeanwhile => ({ whole: 0, broken: 0, refused: 0 }));
    for (const { client } of subjects) await pushAll(client, 'library/kept', await imagesOf('kept', images));
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, { client, run }] of subjects.entries()) {
        const doomed = await imagesOf(`doomed-${round}`, images);
        await pushAll(client, 'library/doomed', doomed);
        await deleteAll(client, 'library/doomed', doomed);
        seconds[at]?.push(await secondsOf(run));
        const more = await imagesOf(`doomed-too-${round}`, images);
        await pushAll(client, 'library/doomed', more);
        await deleteAll(client, 'library/doomed', more);
        const fresh = await imagesOf(`fresh-${round}`, 500);
        const found = await pushMeanwhile(client, 'library/fresh', fresh, run());
        for (const figure of ['whole', 'broken', 'refused'] as const) meanwhile[at]![figure] += found[figure];
      }
    }
    console.log('| | seconds | pushed meanwhile: whole | broken | refused |\n|---|---|---|---|---|');
    for (const [at, { name }] of subjects.entries()) {
      const { whole, broken, refused } = meanwhile[at]!;
      console.log(`| ${name} | ${median(seconds[at] ?? []).toFixed(2)} | ${whole} | ${broken} | ${refused} |`);
    }
  } finally {
    await Promise.all([platform.remove(), peer.stop()]);
  }
}

/** What was deleted is gone when nothing is left in the trash, and nothing that no upload waits for is left to be looked at. */
async function freed(platform: OwnPlatform): Promise<void> {
  (await platform.api('POST', '/system/gc/schedule', { schedule: { type: 'Manual' }, parameters: {} })).expect(201);
  const left = `SELECT FROM artifact_trash UNION ALL
    SELECT FROM blob_review WHERE not_before <= now() AND (claimed_until IS NULL OR claimed_until > now())`;
  await platform.withDatabase((database) =>
    eventually(
      'nothing is left of what was deleted',
      async () => ((await database.query(left)).rowCount === 0 ? true : undefined),
      {
        timeoutMs: 600_000,
        everyMs: 50,
      },
    ),
  );
}
