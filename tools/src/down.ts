import { existsSync } from 'node:fs';
import { dataPaths } from './data-folder.ts';
import { withLock } from './lock.ts';
import { partNames } from './part.ts';
import { stop } from './supervisor.ts';

/** Stops the parts in the reverse order of their start; data is kept. */
export async function down(dataFolder: string): Promise<void> {
  const data = dataPaths(dataFolder);
  if (!existsSync(data.marker)) {
    console.log(`Nothing is running: ${dataFolder} is not a data folder of Haven.`);
    return;
  }
  await withLock(data.lock, async () => {
    for (const name of partNames.toReversed()) if (await stop(data, name)) console.log(`Stopped ${name}.`);
  });
  console.log('Haven is down.');
}
