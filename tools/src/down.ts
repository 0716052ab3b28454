import { existsSync } from 'node:fs';
import { dataPaths } from './data-folder.ts';
import { withLock } from './lock.ts';
import { stopAll } from './supervisor.ts';

/** Stops the platform; data is kept. */
export async function down(dataFolder: string): Promise<void> {
  const data = dataPaths(dataFolder);
  if (!existsSync(data.marker)) {
    console.log(`Nothing is running: ${dataFolder} is not a data folder of Haven.`);
    return;
  }
  await withLock(data.lock, async () => {
    await stopAll(data, (name) => {
      console.log(`Stopped ${name}.`);
    });
  });
  console.log('Haven is down.');
}
