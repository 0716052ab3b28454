import type { Readable } from 'node:stream';
import { Errors } from '@haven/errors';
import { parse } from 'yaml';
import { z } from 'zod';
import { readArchive } from './archive.js';

/** All files of a chart lie in a folder of its name; those of its parts lie deeper. */
const ownFile = /^(?:\.\/)?[^/]+\/([^/]+)$/;

const dependencies = z.object({ dependencies: z.array(z.record(z.string(), z.unknown())).nullish() }).nullish();

/**
 * Texts of files of a packed Helm chart.
 * @param names in lower case; letters of any case are taken
 * @throws AppError as `readArchive` does
 */
export const readChart = (packed: Readable, names: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  readArchive(packed, true, (path) => {
    const name = ownFile.exec(path)?.[1]?.toLowerCase() ?? '';
    return names.includes(name) ? name : null;
  });

/** Where a chart says what it needs; those of the first version of charts have a file of its own for it. */
export const dependencyFiles = ['chart.yaml', 'requirements.yaml'];

/** Dependencies of a chart, as it has them. @throws AppError BAD_REQUEST when it cannot be understood */
export function dependenciesOf(files: ReadonlyMap<string, string>): object[] {
  const [own, required] = dependencyFiles.map((name) => readDependencies(files.get(name) ?? '', name));
  return required ?? own ?? [];
}

function readDependencies(text: string, name: string): object[] | undefined {
  try {
    return dependencies.parse(parse(text, { maxAliasCount: 100 }))?.dependencies ?? undefined;
  } catch (cause) {
    throw Errors.badRequest(`${name} of the chart cannot be understood`, { cause });
  }
}
