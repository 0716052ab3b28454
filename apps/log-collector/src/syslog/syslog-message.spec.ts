import { parseSyslog } from './syslog-message.js';

const now = Date.UTC(2026, 10, 21, 6, 0, 0);
const at = (iso: string, micros = 0): number => Date.parse(iso) * 1_000 + micros;

/** What a message is read as: [priority, time, host, app, text]. */
type Read = [priority: number, time: number | null, host: string, app: string, text: string];
const cases: [name: string, message: string, read: Read][] = [
  [
    'RFC 5424, example 1',
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \uFEFF'su root' failed",
    [34, at('2003-10-11T22:14:15.003Z'), 'mymachine.example.com', 'su', "'su root' failed"],
  ],
  [
    'RFC 5424, example 2, with an offset and microseconds',
    "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
    [165, at('2003-08-24T12:14:15Z', 3), '192.0.2.1', 'myproc', "%% It's time"],
  ],
  [
    'RFC 5424, example 3, with structured data',
    '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application"] An event',
    [165, at('2003-10-11T22:14:15.003Z'), 'host', 'evntslog', 'An event'],
  ],
  [
    'RFC 5424, example 4, structured data only',
    '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [a@1 iut="3"][b@1 class="high"]',
    [165, at('2003-10-11T22:14:15.003Z'), 'host', 'evntslog', ''],
  ],
  [
    'RFC 5424 with escapes in structured data',
    String.raw`<165>1 - host app - - [a@1 x="\"] \\ y"] text`,
    [165, null, 'host', 'app', 'text'],
  ],
  ['RFC 5424, all nil', '<13>1 - - - - - -', [13, null, '', '', '']],
  ['RFC 5424 whose structured data never ends', '<13>1 - h a - - [x y', [13, null, 'h', 'a', '[x y']],
  [
    'RFC 3164, example 1',
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick",
    [34, at('2026-10-11T22:14:15Z'), 'mymachine', 'su', "'su root' failed for lonvick"],
  ],
  [
    'RFC 3164, example 2, without a tag',
    '<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!',
    [13, at('2026-02-05T17:32:18Z'), '10.0.0.99', '', 'Use the BFG!'],
  ],
  ['RFC 3164 of last year', '<13>Dec 31 23:59:59 h a: x', [13, at('2025-12-31T23:59:59Z'), 'h', 'a', 'x']],
  ['RFC 3164 without time', '<13>app[17]: text', [13, null, '', 'app', 'text']],
  [
    'Docker, its usual form, without a host',
    '<30>Nov 21 06:13:03 core[4711]: {"level":"info"}',
    [30, at('2026-11-21T06:13:03Z'), '', 'core', '{"level":"info"}'],
  ],
  [
    'Docker, syslog-format rfc3164',
    '<27>Nov 21 06:13:03 node-1 registry[4711]: oops',
    [27, at('2026-11-21T06:13:03Z'), 'node-1', 'registry', 'oops'],
  ],
  [
    'Docker, syslog-format rfc5424micro',
    '<30>1 2026-11-21T06:13:03.123456Z node-1 core 4711 core - text',
    [30, at('2026-11-21T06:13:03.123Z', 456), 'node-1', 'core', 'text'],
  ],
  [
    'Docker before it wrote structured data',
    '<30>1 2026-11-21T06:13:03Z node-1 core 4711 core text here',
    [30, at('2026-11-21T06:13:03Z'), 'node-1', 'core', 'text here'],
  ],
  [
    'rsyslog, RFC 3164 with a long time',
    '<30>2026-11-21T06:13:03.5+01:00 h app: text',
    [30, at('2026-11-21T05:13:03.5Z'), 'h', 'app', 'text'],
  ],
  ['no priority', 'just text', [13, null, '', '', 'just text']],
  ['a priority beyond 191', '<192>1 - - - - - -', [13, null, '', '', '<192>1 - - - - - -']],
  ['a priority that never ends', '<34', [13, null, '', '', '<34']],
  ['an empty priority', '<>text', [13, null, '', '', '<>text']],
  ['a priority and nothing else', '<34>', [34, null, '', '', '']],
  [
    'an impossible time',
    '<34>1 2026-13-40T99:00:00Z h a - - - x',
    [34, null, '', '', '1 2026-13-40T99:00:00Z h a - - - x'],
  ],
  ['a head that breaks off', '<34>1 2026-11-21T06:13:03Z host', [34, at('2026-11-21T06:13:03Z'), 'host', '', '']],
  ['a time that breaks off', '<34>Oct 11 22:1', [34, null, '', '', 'Oct 11 22:1']],
  ['nothing', '', [13, null, '', '', '']],
];

describe('parseSyslog', () => {
  it.each(cases)('reads %s', (_name, text, [priority, time, host, app, message]) => {
    const bytes = Buffer.from(text);
    const { messageAt, ...read } = parseSyslog(bytes, now);
    expect({ ...read, message: bytes.subarray(messageAt).toString() }).toEqual({ priority, time, host, app, message });
  });

  it('takes the new year for what it is on a clock that is behind', () => {
    const december = Date.UTC(2025, 11, 31, 23, 59, 50);
    expect(parseSyslog(Buffer.from('<13>Jan  1 00:00:01 h a: x'), december).time).toBe(at('2026-01-01T00:00:01Z'));
  });

  it('never fails, whatever comes', () => {
    let seed = 7;
    const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const pieces = ['<34>', '1 ', 'Oct 11 22:14:15 ', '[', ']', '"', '\\', '-', ' ', ':', '\0', '\xff', '2026-11-21T'];
    for (let round = 0; round < 20_000; round += 1) {
      const text = Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('');
      const bytes = Buffer.from(text, 'latin1');
      const { messageAt } = parseSyslog(bytes, now);
      if (messageAt < 0 || messageAt > bytes.length) throw new Error(JSON.stringify(text));
    }
  });
});
