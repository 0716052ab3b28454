import type { LabelSet, LabelSets, Labels } from '../line/label-set.js';
import { levelOf } from '../line/level.js';
import { ownLabels } from '../line/line-labels.js';
import { parseIsoTime } from '../syslog/syslog-message.js';

/** What a line becomes. */
export interface ReadLine {
  labels: LabelSet;
  /** Microseconds since 1970; null when the line says none. */
  time: number | null;
}

type Fields = Readonly<Record<string, unknown>>;

const OPENING_BRACE = 123;
const timeFields = ['time', 'timestamp', 'ts', '@timestamp'];
const levelFields = ['level', 'severity', 'lvl'];

const firstOf = (fields: Fields, names: readonly string[]): unknown =>
  names.map((name) => fields[name]).find((value) => value !== undefined);

/** ISO 8601, or seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size. */
export function timeOf(said: unknown): number | null {
  if (typeof said === 'string') {
    const bytes = Buffer.from(said.slice(0, 64));
    return parseIsoTime(bytes, 0, bytes.length) ?? (/^\d{9,19}(\.\d+)?$/.test(said) ? timeOf(Number(said)) : null);
  }
  if (typeof said !== 'number' || !Number.isFinite(said) || said <= 0) return null;
  const scale = said < 1e11 ? 1e6 : said < 1e14 ? 1e3 : said < 1e17 ? 1 : 1e-3;
  return Math.floor(said * scale);
}

function fieldsOf(line: Buffer): Fields | null {
  if (line[0] !== OPENING_BRACE) return null;
  try {
    return JSON.parse(line.toString()) as Fields;
  } catch {
    return null;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Reads one line of JSON: its labels and its time. The line itself is stored as it came; one that is no JSON is text.
 * @param defaults for what the line does not say itself
 */
export function readJsonLine(line: Buffer, defaults: Labels, sets: LabelSets): ReadLine {
  const fields = fieldsOf(line);
  const level = fields === null ? undefined : levelOf(firstOf(fields, levelFields));
  const own: Record<string, string> = {
    ...defaults,
    ...ownLabels(line),
    ...(level === undefined ? {} : { level }),
  };
  for (const name of ['service', 'host', 'project']) {
    const said = text(fields?.[name]);
    if (said !== '') own[name] = said;
  }
  own['host'] ??= text(fields?.['hostname']);
  const { service = 'unknown', ...labels } = own;
  return { labels: sets.of(service, labels), time: fields === null ? null : timeOf(firstOf(fields, timeFields)) };
}
