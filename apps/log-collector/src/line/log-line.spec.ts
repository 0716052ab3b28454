import { LineBuffer } from '../store/line-buffer.js';
import { LabelSets, serviceName } from './label-set.js';
import { levelOf } from './level.js';
import { ownLabels } from './line-labels.js';
import { decodeLine, noMarks, type LineMarks } from './log-line.js';

const time = 1_795_242_600_123_456;

function stored(message: Buffer, marks: LineMarks = noMarks): Buffer {
  const labels = new LabelSets().of('core', { host: 'a b', level: 'info' });
  const buffer = new LineBuffer();
  buffer.add(labels, time, message, marks);
  return buffer.bytes;
}

describe('a stored line', () => {
  it.each([
    ['text', 'hello world'],
    ['nothing', ''],
    ['tabs and carriage returns', 'a\tb\rc'],
    ['line feeds, as if there were another line', `x\n${time}\t0\t{}\tinjected\n`],
    ['line feeds and backslashes', 'a\\nb\n\\\\\nc\\'],
    ['NUL and escape sequences', '\0\x1b[31mred'],
    ['characters beyond the basic plane', 'läuft 🚢'],
  ])('gives back %s as it came, on one line', (_name, message) => {
    const bytes = stored(Buffer.from(message));
    expect(bytes.indexOf(10)).toBe(bytes.length - 1);
    expect(decodeLine('core', bytes.subarray(0, -1))).toEqual({
      time,
      labels: { service: 'core', host: 'a b', level: 'info' },
      message,
      claimedTime: null,
      isTruncated: false,
    });
  });

  it('keeps bytes that are no UTF-8, and shows them as such', () => {
    const bytes = stored(Buffer.from([0x61, 0xff, 0xfe, 0x62]));
    expect(bytes.includes(0xff)).toBe(true);
    expect(decodeLine('core', bytes.subarray(0, -1))?.message).toBe('a\uFFFD\uFFFDb');
  });

  it('remembers what was special about it', () => {
    const bytes = stored(Buffer.from('x'), { claimedTime: 17, isTruncated: true });
    expect(decodeLine('core', bytes.subarray(0, -1))).toMatchObject({
      claimedTime: 17,
      isTruncated: true,
      message: 'x',
    });
  });
});

describe('labels', () => {
  it.each([
    ['core', 'core'],
    ['', 'unknown'],
    ['../../etc', '_/../etc'.replaceAll('/', '_')],
    ['.hidden', '_hidden'],
    ['a b/c\n', 'a_b_c_'],
    ['x'.repeat(100), 'x'.repeat(64)],
  ])('make a safe folder of the service %j', (said, name) => {
    expect(serviceName(said)).toBe(name);
  });

  it('are one set when they are equal, in whatever order', () => {
    const sets = new LabelSets();
    expect(sets.of('a', { x: '1', y: '2' })).toBe(sets.of('a', { y: '2', x: '1' }));
    expect(sets.of('a', { x: '1', 'no name': 'x', y: '' }).text).toBe('{"x":"1"}');
  });

  it.each([
    ['{"level":"warn","url":"/v2/library/app/manifests/1"}', { level: 'warn', project: 'library' }],
    ['{"level":"info","url":"/api/v2.0/projects/team-a/repositories"}', { level: 'info', project: 'team-a' }],
    ['{"level":"info","url":"/v2/_catalog?n=1"}', { level: 'info' }],
    ['{"level":"error","project":"library"}', { level: 'error', project: 'library' }],
    ['{"message":"hello"}', {}],
    ['text', {}],
  ])('are read from %s', (line, labels) => {
    expect(ownLabels(Buffer.from(line))).toEqual(labels);
  });

  it.each([
    ['WARNING', 'warn'],
    ['err', 'error'],
    ['Critical', 'fatal'],
    [30, 'info'],
    [60, 'fatal'],
    [99, 'fatal'],
    ['loud', undefined],
    [null, undefined],
  ])('have the level %j as %s', (said, level) => {
    expect(levelOf(said)).toBe(level);
  });
});
