import { layoutIndexCases } from './layout-index.cases.js';
import { layoutSyncCases } from './layout-sync.cases.js';
import { RegistryHarness } from './registry-harness.js';

let harness: RegistryHarness;

beforeAll(async () => {
  harness = await RegistryHarness.start();
});
afterAll(async () => {
  await harness.stop();
});

layoutIndexCases(() => harness);
layoutSyncCases(() => harness);
