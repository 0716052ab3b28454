import { csvTable, type Cell } from './csv.js';

describe('csvTable', () => {
  it.each<[value: Cell, written: string]>([
    ['library/app', 'library/app'],
    [12, '12'],
    [-3, '-3'],
    [null, ''],
    [new Date('2026-01-31T08:00:00Z'), '2026-01-31T08:00:00.000Z'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+49', "'+49"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ])('writes %j', (value, written) => {
    expect(csvTable(['a', 'b'], [{ a: value, b: 1 }])).toBe(`a,b\r\n${written},1\r\n`);
  });

  it('is its head where there is nothing', () => {
    expect(csvTable(['time', 'pulls'], [])).toBe('time,pulls\r\n');
  });
});
