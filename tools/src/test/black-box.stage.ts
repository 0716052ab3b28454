import { join } from 'node:path';
import { dataPaths } from '../data-folder.ts';
import { down } from '../down.ts';
import { Failure } from '../failure.ts';
import { pickFree, readPorts } from '../ports.ts';
import { databaseUrl } from './database-url.ts';
import type { Counts } from './jest-counts.ts';
import type { Workshop } from './workshop.ts';

/** Tests from outside, against a whole platform started as anybody would start it. */
export async function blackBox(shop: Workshop): Promise<Counts> {
  const data = dataPaths(join(shop.folder, 'black-box'));
  const port = await pickFree([]);
  const haven = join(shop.checkout, 'tools/src/haven.ts');
  try {
    await shop.call(process.execPath, [haven, 'up', '--data', data.root, '--port', String(port)]);
    const ports = readPorts(data);
    if (ports === undefined) throw new Failure(`${data.root} has no ports`);
    return await shop.jest('black-box', {
      HAVEN_TEST_URL: `http://localhost:${port}`,
      HAVEN_TEST_ADMIN_PASSWORD: 'Harbor12345',
      HAVEN_TEST_DATABASE_URL: databaseUrl(data, ports.postgres),
      HAVEN_TEST_DATA: data.root,
    });
  } finally {
    await down(data.root);
  }
}
