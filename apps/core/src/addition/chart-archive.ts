import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

const mostEntries = 10_000;
/** Of one file, and of the archive unpacked: small archives can hold enormous files. */
const mostFileBytes = 4 * 1_024 * 1_024;
const mostUnpackedBytes = 64 * 1_024 * 1_024;

/** A chart beyond every bound, or none at all. */
export class UnreadableChart extends Error {}

/**
 * Reads files of a packed Helm chart, a gzipped tar in which all lie below a folder named after the chart.
 * @param names such as `values.yaml`, in lower case, as they lie in that folder; letters of any case are taken
 * @returns the texts of those that are there, by name
 * @throws UnreadableChart
 */
export async function readChart(archive: Readable, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const unpacked = extract();
  let entries = 0;
  let unpackedBytes = 0;
  const reading = (async () => {
    for await (const entry of unpacked) {
      entries += 1;
      if (entries > mostEntries) throw new UnreadableChart('the chart has too many files');
      const name = /^(?:\.\/)?[^/]+\/([^/]+)$/.exec(entry.header.name)?.[1]?.toLowerCase() ?? '';
      const isWanted = names.includes(name) && entry.header.type === 'file';
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        unpackedBytes += chunk.length;
        if (unpackedBytes > mostUnpackedBytes) throw new UnreadableChart('the chart is too large to be unpacked');
        if (!isWanted) continue;
        if (bytes > mostFileBytes) throw new UnreadableChart(`${name} of the chart is too large`);
        chunks.push(chunk);
      }
      if (isWanted) found.set(name, Buffer.concat(chunks).toString('utf8'));
    }
  })();
  try {
    await Promise.all([pipeline(archive, createGunzip(), unpacked), reading]);
  } catch (error) {
    archive.destroy();
    unpacked.destroy();
    await reading.catch(() => undefined);
    throw error instanceof UnreadableChart ? error : new UnreadableChart('the chart is damaged', { cause: error });
  }
  return found;
}
