import { levelOf, type Level } from '../line/level.js';

/** What a line of text says of itself. */
export interface PlainLine {
  /** Microseconds since 1970; null when it says none. */
  time: number | null;
  level: Level | undefined;
}

const redisMarks: Readonly<Record<string, Level>> = { '.': 'debug', '-': 'debug', '*': 'info', '#': 'warn' };

/** How the servers that the platform stands on begin their lines, all of them with a time in UTC. */
const forms: readonly { form: RegExp; level: (match: RegExpExecArray) => Level | undefined }[] = [
  // PostgreSQL: 2026-01-31 08:00:00.123 UTC [17] haven-core ERROR:  relation …
  {
    form: /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) UTC \[\d+\] .*?\b([A-Z]+\d?): /,
    level: ([, , word = '']) => levelOf(word.replace(/\d$/, '')),
  },
  // Redis: 17:M 31 Jan 2026 08:00:00.123 # Server …
  {
    form: /^\d+:[A-Z] (\d{2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d+) ([.*#-]) /,
    level: ([, , mark = '']) => redisMarks[mark],
  },
  // nginx: 2026/01/31 08:00:00 [error] 17#17: …
  { form: /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[([a-z]+)\] /, level: ([, , word = '']) => levelOf(word) },
];

const headLength = 256;

/** @param head the first characters of a line */
export function readPlainLine(head: string): PlainLine {
  for (const { form, level } of forms) {
    const match = form.exec(head.slice(0, headLength));
    if (match === null) continue;
    const time = Date.parse(`${match[1] ?? ''} UTC`);
    return { time: Number.isNaN(time) ? null : time * 1_000, level: level(match) };
  }
  return { time: null, level: undefined };
}
