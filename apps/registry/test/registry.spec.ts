import { pushPullCases } from './push-pull.cases.js';
import { RegistryHarness } from './registry-harness.js';

let harness: RegistryHarness;

beforeAll(async () => {
  harness = await RegistryHarness.start();
});
afterAll(async () => {
  await harness.stop();
});

for (const driver of ['memory', 'filesystem'] as const) pushPullCases(driver, () => harness);
