import { lineEvents, renderLine } from './log-reader.ts';

const line = { id: '1', time: '2026-11-21T06:13:03.123456Z', labels: { service: 'core', level: 'info' } };

describe('renderLine', () => {
  it('puts time, service and level before the message', () => {
    expect(renderLine({ ...line, message: 'hello' })).toBe('2026-11-21T06:13:03.123456Z core          info  hello');
  });

  it('lets no message steer a terminal, or pass for two', () => {
    expect(renderLine({ ...line, message: '\x1b[2Jx\r\ny\tz\u009b\u202e' })).toMatch(
      / info {2}\\x1b\[2Jx\\x0d\\ny\tz\\x9b\\x202e$/,
    );
  });
});

describe('lineEvents', () => {
  it('finds lines, however the stream is cut', async () => {
    const stream =
      ': hello\n\nevent: line\nid: 1\ndata: {"a":1}\n\n:\n\nevent: skipped\ndata: 7\n\nevent: line\ndata: {}\n\n';
    for (const size of [1, 7, 1_000]) {
      const pieces = stream.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const found: string[] = [];
      for await (const data of lineEvents(ReadableStream.from(pieces))) found.push(data);
      expect(found).toEqual(['{"a":1}', '{}']);
    }
  });
});
