import { readPlainLine } from './plain-line.js';

const micros = (iso: string): number => Date.parse(iso) * 1_000;

describe('readPlainLine', () => {
  it.each<[line: string, time: number | null, level: string | undefined]>([
    ['2026-11-21 06:13:03.123 UTC [17] haven-core ERROR:  duplicate key', micros('2026-11-21T06:13:03.123Z'), 'error'],
    ['2026-11-21 06:13:03.123 UTC [17]  LOG:  checkpoint starting: time', micros('2026-11-21T06:13:03.123Z'), 'info'],
    ['17:M 21 Nov 2026 06:13:03.123 # Server initialized', micros('2026-11-21T06:13:03.123Z'), 'warn'],
    ['17:M 21 Nov 2026 06:13:03.123 * Ready to accept', micros('2026-11-21T06:13:03.123Z'), 'info'],
    ['2026/11/21 06:13:03 [error] 17#17: *1 connect() failed', micros('2026-11-21T06:13:03Z'), 'error'],
    ['\tcontinued', null, undefined],
    ['', null, undefined],
  ])('reads %j', (line, time, level) => {
    expect(readPlainLine(line)).toEqual({ time, level });
  });
});
