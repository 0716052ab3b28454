import { describeUnless } from '../harness/left-out.ts';
import { diskFullCases, whyNoSmallDisk } from './disk-full.cases.ts';
import { killCases } from './kill.cases.ts';
import { memoryCases } from './memory.cases.ts';
import { OwnPlatform } from '../harness/own-platform.ts';

const numberOf = (key: string, otherwise: number): number => Number(process.env[key] ?? '') || otherwise;

const seed = numberOf('HAVEN_TEST_CHAOS_SEED', 20_261_121);
const rounds = numberOf('HAVEN_TEST_CHAOS_ROUNDS', 1);
const isFull = process.env['HAVEN_TEST_MEMORY'] === 'full';
const isWanted = process.env['HAVEN_TEST_CHAOS'] === '1';
const whyNoDisk = isWanted ? await whyNoSmallDisk() : 'chaos is not wanted';

describeUnless(isWanted ? undefined : 'HAVEN_TEST_CHAOS is not 1', 'chaos', () => {
  let platform: OwnPlatform;
  const platformOf = (): OwnPlatform => platform;

  beforeAll(async () => {
    process.stderr.write(`chaos: seed ${seed}, rounds ${rounds}\n`);
    platform = await OwnPlatform.start();
  }, 300_000);
  afterAll(() => platform.remove(), 60_000);

  // The first measures what a process had at most, the last hides what was stored.
  memoryCases(platformOf, isFull);
  killCases(platformOf, seed, rounds);
  diskFullCases(platformOf, whyNoDisk);
});
