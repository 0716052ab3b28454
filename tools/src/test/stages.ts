import { join } from 'node:path';
import { build, install } from '../build.ts';
import { Failure } from '../failure.ts';
import { clientPackages, ensurePackages, serverPackages } from '../packages.ts';
import { blackBox } from './black-box.stage.ts';
import { integration } from './integration.stage.ts';
import { noTests, type Counts } from './jest-counts.ts';
import type { Workshop } from './workshop.ts';

type Stage = (shop: Workshop) => Promise<Counts>;

const checking =
  (check: (shop: Workshop) => unknown): Stage =>
  async (shop) => {
    await check(shop);
    return noTests;
  };

/** All stages, in their order. */
export const stages: Readonly<Record<string, Stage>> = {
  tools: checking(() => {
    ensurePackages(serverPackages);
    for (const client of clientPackages) installIfPossible(client);
  }),
  install: checking((shop) => install(shop.checkout)),
  build: checking((shop) => build(shop.checkout)),
  format: checking((shop) => shop.call(shop.bin('prettier'), ['--check', '.'])),
  lint: checking((shop) => shop.call(shop.bin('eslint'), ['--max-warnings', '0', '.'])),
  types: checking((shop) => shop.call(shop.bin('tsc'), ['-p', 'tsconfig.check.json'])),
  arrows: checking((shop) => shop.call(process.execPath, [join(shop.checkout, 'tools/src/arrows.ts')])),
  unit: (shop) => shop.jest('unit'),
  integration,
  'black-box': blackBox,
};

/** Tests that need a client which is not there leave themselves out. */
function installIfPossible(client: (typeof clientPackages)[number]): void {
  try {
    ensurePackages([client]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(`left out: ${client.name} (${error.message})`);
  }
}
