/**
 * Sets what a service under test reads from its environment. Jest gives every test file an environment of its own, so
 * nothing of it reaches another file.
 */
export function setEnvironment(values: Readonly<Record<string, string>>): void {
  Object.assign(process.env, values);
}

/** The Redis that tests may use: `HAVEN_TEST_REDIS_URL`, which `./haven test` sets. */
export function testRedisUrl(): string {
  const url = process.env['HAVEN_TEST_REDIS_URL'];
  if (url === undefined)
    throw new Error('HAVEN_TEST_REDIS_URL is not set: run ./haven test, or name a Redis for tests');
  return url;
}

/** Where tests of the API note what they have seen working: `HAVEN_TEST_API_RECORDS`; undefined when nobody asks. */
export const apiRecordsFolder = (): string | undefined => process.env['HAVEN_TEST_API_RECORDS'];

/** How the API is fuzzed: `HAVEN_TEST_FUZZ_SEED` and `HAVEN_TEST_FUZZ_ROUNDS` per operation; the same few unless told otherwise. */
export const fuzzWishes = (): { seed: number; rounds: number } => ({
  seed: Number(process.env['HAVEN_TEST_FUZZ_SEED'] ?? '20260101'),
  rounds: Number(process.env['HAVEN_TEST_FUZZ_ROUNDS'] ?? '40'),
});

/** A folder with programs that tests use where it is there: `HAVEN_TEST_GO_TOOLS`. */
export const goToolsFolder = (): string => process.env['HAVEN_TEST_GO_TOOLS'] ?? '/nonexistent';

/** How long the interleavings of the collector run: `HAVEN_TEST_INTERLEAVING_STEPS` takes a random seed; else always the same. */
export function interleavingWishes(): { seed: number; steps: number } {
  const steps = process.env['HAVEN_TEST_INTERLEAVING_STEPS'];
  return steps === undefined
    ? { seed: 20_261_121, steps: 2_000 }
    : { seed: Math.floor(Math.random() * 2 ** 31), steps: Number(steps) };
}
