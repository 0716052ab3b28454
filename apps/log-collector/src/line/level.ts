export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

/** Syslog's severities (RFC 5424, table 2), from emergency to debug. */
const bySeverity: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'info', 'info', 'debug'];

const otherWords: Readonly<Record<string, Level>> = {
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
  alert: 'fatal',
  crit: 'fatal',
  critical: 'fatal',
  err: 'error',
  warning: 'warn',
  notice: 'info',
  log: 'info',
  information: 'info',
  hint: 'info',
  detail: 'info',
  statement: 'info',
};

/** @param priority facility × 8 + severity */
export const levelOfPriority = (priority: number): Level => bySeverity[priority & 7] ?? 'info';

/** Reads what programs call their levels: words in any case, or pino's numbers. Undefined for anything else. */
export function levelOf(said: unknown): Level | undefined {
  if (typeof said === 'number') return levels[Math.min(Math.max(Math.floor(said / 10) - 1, 0), 5)];
  if (typeof said !== 'string') return undefined;
  const word = said.toLowerCase();
  return levels.find((level) => level === word) ?? otherWords[word];
}
