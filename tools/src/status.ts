import { dataPaths } from './data-folder.ts';
import { partNames, type PartName } from './part.ts';
import { isHealthy } from './probe.ts';
import { familyPss, isAlive } from './process-table.ts';
import { readRecord } from './supervisor.ts';

export interface PartStatus {
  name: PartName;
  state: 'healthy' | 'unhealthy' | 'died' | 'stopped';
  pid?: number;
  port?: number;
  pssBytes?: number;
}

/** Prints a table of the parts. Returns whether all are healthy. */
export async function status(dataFolder: string): Promise<boolean> {
  const data = dataPaths(dataFolder);
  const parts = await Promise.all(
    partNames.map(async (name): Promise<PartStatus> => {
      const record = readRecord(data, name);
      if (record === undefined) return { name, state: 'stopped' };
      if (!isAlive(record.identity)) return { name, state: 'died' };
      const { pid } = record.identity;
      const state = (await isHealthy(record.probe)) ? 'healthy' : 'unhealthy';
      const [port] = record.ports;
      return { name, state, pid, pssBytes: familyPss(pid), ...(port === undefined ? {} : { port }) };
    }),
  );
  console.log(renderStatus(parts));
  return parts.every(({ state }) => state === 'healthy');
}

/** A table with aligned columns and the sum of memory. */
export function renderStatus(parts: readonly PartStatus[]): string {
  const total = parts.reduce((sum, { pssBytes }) => sum + (pssBytes ?? 0), 0);
  const rows = [
    ['PART', 'STATE', 'PID', 'PORT', 'PSS MB'],
    ...parts.map((part) => [part.name, part.state, text(part.pid), text(part.port), megabytes(part.pssBytes)]),
    ['total', '', '', '', megabytes(total)],
  ];
  return rows.map(([name = '', state = '', ...figures]) => renderRow(name, state, figures)).join('\n');
}

const renderRow = (name: string, state: string, figures: readonly string[]): string =>
  name.padEnd(15) + state.padEnd(10) + figures.map((figure) => figure.padStart(9)).join('');

const text = (value: number | undefined): string => value?.toString() ?? '-';

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / 1_048_576).toFixed(1));
