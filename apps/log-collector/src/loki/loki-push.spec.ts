import { parseLokiLabels, readLokiJson, readLokiProtobuf } from './loki-push.js';
import { decompressSnappy } from './snappy.js';

const bytes = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));

describe('decompressSnappy', () => {
  it.each<[name: string, compressed: Buffer, text: string]>([
    ['nothing', bytes(0), ''],
    ['a literal', bytes(5, 4 << 2, 'hello'), 'hello'],
    ['a literal with its length behind', bytes(5, 60 << 2, 4, 'hello'), 'hello'],
    ['a near copy, which overlaps', bytes(10, 1 << 2, 'ab', ((8 - 4) << 2) | 1, 2), 'ababababab'],
    ['a far copy', bytes(8, 3 << 2, 'abcd', (3 << 2) | 2, 4, 0), 'abcdabcd'],
    ['a farthest copy', bytes(8, 3 << 2, 'abcd', (3 << 2) | 3, 4, 0, 0, 0), 'abcdabcd'],
  ])('reads %s', (_name, compressed, text) => {
    expect(decompressSnappy(compressed, 100).toString()).toBe(text);
  });

  it.each<[name: string, compressed: Buffer]>([
    ['nothing at all', bytes()],
    ['more than is taken', bytes(0xff, 0xff, 3)],
    ['a literal that breaks off', bytes(5, 4 << 2, 'hel')],
    ['a copy from before the start', bytes(6, 1 << 2, 'ab', 1, 3)],
    ['a copy of nothing', bytes(6, 1 << 2, 'ab', 1, 0)],
    ['too little', bytes(9, 1 << 2, 'ab')],
    ['a copy that breaks off', bytes(6, 1 << 2, 'ab', 2)],
  ])('refuses %s', (_name, compressed) => {
    expect(() => decompressSnappy(compressed, 100)).toThrow(/./);
  });
});

describe('readLokiProtobuf', () => {
  const field = (number: number, content: Buffer): Buffer =>
    bytes((number << 3) | 2, content.length, content.toString('latin1'));
  const time = bytes(0x08, 0x88, 0xcc, 0x80, 0xd8, 0x06, 0x10, 0xc0, 0xc4, 0x07);

  it('reads streams as promtail sends them', () => {
    const entry = Buffer.concat([bytes(0x0a, time.length), time, field(2, Buffer.from('a line'))]);
    const stream = Buffer.concat([field(1, Buffer.from('{app="core"}')), bytes(0x12, entry.length), entry]);
    const push = Buffer.concat([bytes(0x0a, stream.length), stream]);
    const [read] = readLokiProtobuf(push);
    expect(read?.labels).toEqual({ app: 'core' });
    expect(read?.entries).toEqual([{ time: 1_795_171_848e6 + 123, line: Buffer.from('a line') }]);
    for (let length = 1; length < push.length; length += 1) {
      expect(() => readLokiProtobuf(push.subarray(0, length))).toThrow();
    }
  });
});

describe('readLokiJson', () => {
  it('reads streams', () => {
    const body = { streams: [{ stream: { app: 'core' }, values: [['1795242600123456789', 'a\nb', { trace: 'x' }]] }] };
    expect(readLokiJson(JSON.stringify(body))).toEqual([
      { labels: { app: 'core' }, entries: [{ time: 1_795_242_600_123_456, line: Buffer.from('a\nb') }] },
    ]);
  });

  it.each(['', '[]', '{"streams":1}', '{"streams":[1]}', '{"streams":[{"stream":{},"values":[[1,"x"]]}]}'])(
    'refuses %j',
    (text) => {
      expect(() => readLokiJson(text)).toThrow(/./);
    },
  );
});

describe('parseLokiLabels', () => {
  it.each([
    ['{}', {}],
    ['{app="a"}', { app: 'a' }],
    ['{app="a", host="b\\"}\\\\c"}', { app: 'a', host: 'b"}\\c' }],
  ])('reads %s', (text, labels) => {
    expect(parseLokiLabels(text)).toEqual(labels);
  });

  it.each(['', 'app="a"', '{app=a}', '{app="a" host="b"}', '{"a"}'])('refuses %j', (text) => {
    expect(() => parseLokiLabels(text)).toThrow(/./);
  });
});
