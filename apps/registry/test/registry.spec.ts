import { accessCases } from './access.cases.js';
import { copyCases } from './copy.cases.js';
import { deleteCases } from './delete.cases.js';
import { eventCases } from './event.cases.js';
import { internalCases } from './internal.cases.js';
import { limitCases } from './limit.cases.js';
import { listCases } from './list.cases.js';
import { metricsCases } from './metrics.cases.js';
import { pushPullCases } from './push-pull.cases.js';
import { RegistryHarness } from './registry-harness.js';
import { transferCases } from './transfer.cases.js';
import { uploadCases } from './upload.cases.js';

let harness: RegistryHarness;

beforeAll(async () => {
  harness = await RegistryHarness.start();
});
afterAll(async () => {
  await harness.stop();
});

const current = () => harness;
for (const driver of ['memory', 'filesystem'] as const) pushPullCases(driver, current);
accessCases(current);
listCases(current);
deleteCases(current);
internalCases(current);
limitCases(current);
uploadCases(current);
copyCases(current);
eventCases(current);
transferCases(current);
metricsCases(current);
