import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { basic } from '@haven/testing/oci';
import { OwnPlatform } from '../../harness/own-platform.ts';
import { median } from '../median.ts';
import { callsOf, type Call } from './calls.ts';
import { manyDigest, seed } from './seed.ts';

/**
 * Asks two platforms for the same lists, of which one holds a hundred times as much: by 50 clients, at the beginning,
 * in the middle and at the end of each list.
 */
const { values } = parseArgs({
  options: {
    artifacts: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '300' },
    clients: { type: 'string', default: '50' },
    // Only calls whose path holds this text.
    only: { type: 'string', default: '' },
    // Keeps the two platforms' data in this folder, for the next time.
    data: { type: 'string' },
  },
});
const [artifacts, rounds, requests, clients] = [values.artifacts, values.rounds, values.requests, values.clients].map(
  Number,
) as [number, number, number, number];
const pageSize = 10;
const goal = 3;
const password = 'Harbor12345';
const dispatcher = new Agent({ connections: clients, headersTimeout: 60_000 });

const small = await platformOf('small', artifacts / 100);
const large = await platformOf('large', artifacts);
try {
  const digest = await small.withDatabase(async (database) => {
    const { rows } = await database.query<{ digest: string }>(`SELECT 'sha256:' || ${manyDigest} AS digest`);
    return rows[0]?.digest ?? '';
  });
  const misses: string[] = [];
  console.log(`| list | page | p95 small ms | p95 large ms | ratio |\n|---|---|---|---|---|`);
  for (const call of callsOf(digest).filter(({ path }) => path.includes(values.only))) {
    for (const place of ['first', 'middle', 'last'] as const) {
      const [ofSmall, ofLarge] = await compare(call, place);
      const ratio = ofLarge / ofSmall;
      const name = `${call.username === 'admin' ? '' : 'as a member: '}${call.path.slice(0, -1).replace(digest, '…')}`;
      console.log(`| \`${name}\` | ${place} | ${ofSmall.toFixed(0)} | ${ofLarge.toFixed(0)} | ${ratio.toFixed(2)} |`);
      if (ratio > goal) misses.push(`${name} (${place})`);
    }
  }
  console.log(misses.length === 0 ? 'every list stays flat' : `over ${goal} times: ${misses.join(', ')}`);
} finally {
  await Promise.all(
    [small, large].map((platform) => (values.data === undefined ? platform.remove() : platform.down())),
  );
  await dispatcher.close();
}

type Place = 'first' | 'middle' | 'last';

/** Medians over the rounds of the 95th percentile, in ms. */
async function compare(call: Call, place: Place): Promise<[number, number]> {
  const samples: [number[], number[]] = [[], []];
  const totals = [await totalOf(small, call), await totalOf(large, call)] as const;
  for (let round = 0; round < rounds; round += 1) {
    samples[0].push(await drive(small, call, place, totals[0]));
    samples[1].push(await drive(large, call, place, totals[1]));
  }
  return [median(samples[0]), median(samples[1])];
}

/** All requests of one measurement. @returns the 95th percentile in ms */
async function drive(platform: OwnPlatform, call: Call, place: Place, total: number): Promise<number> {
  const last = Math.max(Math.ceil(total / pageSize), 1);
  const taken: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      // Pages differ from request to request, so that nothing that is shared makes them cheap.
      const nth = next++ % Math.ceil(last / 10);
      const page = place === 'first' ? 1 + nth : place === 'middle' ? Math.ceil(last / 2) + nth : last - nth;
      const began = performance.now();
      const answer = await get(platform, call, page);
      taken.push(performance.now() - began);
      const expected = Math.min(pageSize, total - (page - 1) * pageSize);
      if (answer.total !== total || answer.entries !== expected) {
        throw new Error(
          `${call.path}, page ${page}: ${answer.entries} of ${answer.total}, not ${expected} of ${total}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return taken.toSorted((a, b) => a - b)[Math.floor(taken.length * 0.95)] ?? NaN;
}

async function totalOf(platform: OwnPlatform, call: Call): Promise<number> {
  return (await get(platform, call, 1)).total;
}

async function get(platform: OwnPlatform, call: Call, page: number): Promise<{ total: number; entries: number }> {
  const url = `${platform.url}/api/v2.0${call.path}page=${page}&page_size=${pageSize}`;
  const answer = await request(url, { dispatcher, headers: { authorization: basic(call.username, password) } });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${url} → ${answer.statusCode} ${text.slice(0, 300)}`);
  return { total: Number(answer.headers['x-total-count']), entries: (JSON.parse(text) as unknown[]).length };
}

async function platformOf(name: string, size: number): Promise<OwnPlatform> {
  const folder = values.data === undefined ? undefined : join(values.data, `${name}-${size}`);
  const isSeeded = folder !== undefined && existsSync(folder);
  const platform = await OwnPlatform.start({}, folder);
  if (!isSeeded) {
    const began = performance.now();
    try {
      await platform.withDatabase((database) => seed(database, { artifacts: size }));
    } catch (error) {
      await platform.remove();
      throw error;
    }
    console.log(`${name}: ${size} artifacts in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  }
  return platform;
}
