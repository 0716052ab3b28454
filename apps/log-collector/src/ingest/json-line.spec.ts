import { LabelSets } from '../line/label-set.js';
import { readJsonLine, timeOf } from './json-line.js';
import { LineSplitter } from './line-splitter.js';

const read = (line: string) => {
  const { labels, time } = readJsonLine(Buffer.from(line), { service: 'fallback', host: 'h' }, new LabelSets());
  return [labels.service, labels.text, time];
};

describe('readJsonLine', () => {
  it.each<[line: string, service: string, labels: string, time: number | null]>([
    [
      '{"level":"info","time":"2026-11-21T06:30:00.123Z","service":"core"}',
      'core',
      '{"host":"h","level":"info"}',
      Date.parse('2026-11-21T06:30:00.123Z') * 1_000,
    ],
    ['{"ts":1795242600,"severity":"WARN","host":"a"}', 'fallback', '{"host":"a","level":"warn"}', 1_795_242_600e6],
    ['{"level":40,"project":"library"}', 'fallback', '{"host":"h","level":"warn","project":"library"}', null],
    ['{"service":{"a":1},"host":7,"time":true}', 'fallback', '{"host":"h"}', null],
    ['{"broken":', 'fallback', '{"host":"h"}', null],
    ['[1,2]', 'fallback', '{"host":"h"}', null],
    ['text', 'fallback', '{"host":"h"}', null],
  ])('reads %s', (line, ...expected) => {
    expect(read(line)).toEqual(expected);
  });
});

describe('timeOf', () => {
  it.each([
    [1_795_242_600, 1_795_242_600e6],
    [1_795_242_600.5, 1_795_242_600.5e6],
    [1_795_242_600_123, 1_795_242_600_123e3],
    ['1795242600123456', 1_795_242_600_123_456],
    ['1795242600123456789', 1_795_242_600_123_456],
    ['2026-11-21T06:30:00+01:00', Date.parse('2026-11-21T05:30:00Z') * 1_000],
    ['yesterday', null],
    [-1, null],
    [Infinity, null],
  ])('takes %j', (said, micros) => {
    const time = timeOf(said);
    if (micros === null || time === null) expect(time).toBe(micros);
    // Nanoseconds go beyond what a number holds exactly.
    else expect(Math.abs(time - micros)).toBeLessThanOrEqual(1);
  });
});

describe('LineSplitter', () => {
  it.each<[stream: string, lines: string[]]>([
    ['a\nb\r\nc', ['a', 'b', 'c']],
    ['\n\na\n', ['a']],
    ['0123456789abc\nb\n', ['0123456789', 'b']],
  ])('cuts %j', (stream, expected) => {
    for (const chunks of [[stream], Array.from(stream)]) {
      const lines: string[] = [];
      const splitter = new LineSplitter(10, (line) => lines.push(line.toString().slice(0, 10)));
      for (const chunk of chunks) splitter.push(Buffer.from(chunk));
      splitter.end();
      expect(lines).toEqual(expected);
    }
  });
});
