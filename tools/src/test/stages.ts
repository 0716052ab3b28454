import { join } from 'node:path';
import { build, install } from '../build.ts';
import { Failure } from '../failure.ts';
import { clientPackages, ensurePackages, serverPackages } from '../packages.ts';
import { blackBox, chaos, chart, compose, observability, replication } from './black-box.stage.ts';
import { integration } from './integration.stage.ts';
import type { Workshop } from './workshop.ts';

/** All stages, in their order. Each throws when it fails. */
export const stages: Readonly<Record<string, (shop: Workshop) => unknown>> = {
  tools: () => {
    ensurePackages(serverPackages);
    for (const client of clientPackages) installIfPossible(client);
  },
  install: (shop) => install(shop.checkout),
  build: (shop) => build(shop.checkout),
  format: (shop) => shop.call(shop.bin('prettier'), ['--check', '.']),
  lint: (shop) => shop.call(shop.bin('eslint'), ['--max-warnings', '0', '.']),
  types: (shop) => shop.call(shop.bin('tsc'), ['-p', 'tsconfig.check.json']),
  arrows: (shop) => shop.call(process.execPath, [join(shop.checkout, 'tools/src/arrows.ts')]),
  unit: (shop) => shop.jest('unit'),
  integration,
  'black-box': blackBox,
  replication,
  chart,
  observability,
  compose,
  chaos,
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
