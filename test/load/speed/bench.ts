import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findProgram } from '../../harness/command.ts';
import { measureCases, type CaseResult } from './measurement.ts';
import { startPeers, type PeerSubject } from './peer.subject.ts';
import { PlatformSubject } from './platform.subject.ts';
import { writeReport } from './report.ts';
import type { Field, Row, Sizes } from './row.ts';
import { largeBlobRow, smallBlobRow } from './rows/blob.row.ts';
import { imageRow } from './rows/image.row.ts';
import { referrersRow, tagsRow } from './rows/list.row.ts';
import { manifestRow } from './rows/manifest.row.ts';
import { startRow } from './rows/start.row.ts';
import { tokenRow } from './rows/token.row.ts';
import { uploadRow } from './rows/upload.row.ts';

const rows: readonly Row[] = [
  startRow,
  manifestRow,
  smallBlobRow,
  imageRow,
  tagsRow,
  referrersRow,
  tokenRow,
  largeBlobRow,
  uploadRow,
];

const { values: flags } = parseArgs({
  options: {
    row: { type: 'string', multiple: true, default: rows.map(({ id }) => id) },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    'blob-mib': { type: 'string' },
    images: { type: 'string' },
    tags: { type: 'string' },
    referrers: { type: 'string' },
    out: { type: 'string', default: join(tmpdir(), 'haven-bench-speed') },
  },
});

/** Small enough for a look at whether all of it works. */
const quick = { rounds: 1, seconds: 1, blobMib: 64, images: 32, tags: 500, referrers: 50 };
const usual = { rounds: 5, seconds: 2, blobMib: 1_024, images: 200, tags: 10_000, referrers: 1_000 };
const preset = flags.quick ? quick : usual;

function given(flag: string | undefined, otherwise: number): number {
  const number = flag === undefined ? otherwise : Number(flag);
  if (!Number.isInteger(number) || number < 1) throw new Error(`not a number of anything: ${flag ?? ''}`);
  return number;
}

const rounds = given(flags.rounds, preset.rounds);
const sizes: Sizes = {
  seconds: given(flags.seconds, preset.seconds),
  blobBytes: given(flags['blob-mib'], preset.blobMib) * 2 ** 20,
  images: given(flags.images, preset.images),
  tags: given(flags.tags, preset.tags),
  referrers: given(flags.referrers, preset.referrers),
};

async function run(row: Row, field: Field): Promise<CaseResult[]> {
  console.error(`${row.id}: preparing`);
  const { cases, cleanUp } = await row.prepare(field);
  try {
    return await measureCases(row.id, cases, rounds);
  } finally {
    await cleanUp?.();
  }
}

async function main(): Promise<void> {
  if (findProgram('wrk') === undefined) throw new Error('wrk is not installed: apt-get install wrk');
  const wanted = rows.filter(({ id }) => flags.row.includes(id));
  if (wanted.length < new Set(flags.row).size) throw new Error(`rows: ${rows.map(({ id }) => id).join(' ')}`);
  const began = performance.now();
  const haven = await PlatformSubject.start();
  const peers: PeerSubject[] = [];
  try {
    for await (const peer of startPeers()) peers.push(peer);
    const cases: CaseResult[] = [];
    const versions = Object.fromEntries([haven, ...peers].map(({ name, version }) => [name, version]));
    const command = ['./haven bench speed', ...process.argv.slice(2)].join(' ');
    let table = '';
    for (const row of wanted) {
      cases.push(...(await run(row, { haven, peers, sizes })));
      // After each row: what was measured is not lost when a later one fails.
      const minutes = (performance.now() - began) / 60_000;
      table = writeReport({ versions, rounds, command, minutes, cases }, flags.out);
    }
    console.log(table);
    console.log(`Written to ${flags.out}: speed.json, speed.svg, speed.md`);
  } finally {
    await Promise.all([haven, ...peers].map((subject) => subject.stop()));
  }
}

await main();
