import { clientTrapCases } from './client-trap.cases.js';
import { purgeCases } from './purge.cases.js';
import { readOnlyCases } from './read-only.cases.js';
import { RegistryHarness } from './registry-harness.js';
import { storageHealthCases } from './storage-health.cases.js';

let harness: RegistryHarness;

beforeAll(async () => {
  harness = await RegistryHarness.start();
});
afterAll(async () => {
  await harness.stop();
});

const current = () => harness;
purgeCases(current);
readOnlyCases(current);
storageHealthCases(current);
clientTrapCases(current);
