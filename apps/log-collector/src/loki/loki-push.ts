import type { Labels } from '../line/label-set.js';

/** Lines under one set of labels, as Loki's push API brings them. */
export interface LokiStream {
  labels: Labels;
  entries: { /** Microseconds since 1970. */ time: number; line: Buffer }[];
}

/** What was pushed is not what the API takes. */
export class LokiPushError extends Error {
  override readonly name = 'LokiPushError';
}

const wrong = (what: string): LokiPushError => new LokiPushError(what);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** `{"streams":[{"stream":{…},"values":[["<ns>","line"],…]},…]}`. @throws LokiPushError */
export function readLokiJson(text: string): LokiStream[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new LokiPushError('the body is no JSON', { cause: error });
  }
  const streams = isObject(body) ? body['streams'] : undefined;
  if (!Array.isArray(streams)) throw wrong('streams is missing');
  return streams.map((item: unknown) => {
    const { stream, values } = isObject(item) ? item : {};
    if (!isObject(stream) || !Array.isArray(values)) throw wrong('a stream has labels in stream, and lines in values');
    const labels = Object.fromEntries(Object.entries(stream).map(([name, value]) => [name, String(value)]));
    return { labels, entries: values.map(jsonEntry) };
  });
}

function jsonEntry(value: unknown): LokiStream['entries'][number] {
  const [time, line] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof time !== 'string' || !/^\d{1,19}$/.test(time) || typeof line !== 'string') {
    throw wrong('a line is its time in nanoseconds and its text, both as texts');
  }
  return { time: Number(BigInt(time) / 1_000n), line: Buffer.from(line) };
}

/** `{app="x", host="y"}`, as a stream's labels are written. @throws LokiPushError */
export function parseLokiLabels(text: string): Labels {
  const labels: Record<string, string> = {};
  const pair = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}$))/gy;
  pair.lastIndex = 1;
  if (!text.startsWith('{') || !text.endsWith('}')) throw wrong('labels stand in braces');
  while (pair.lastIndex < text.length - 1) {
    const match = pair.exec(text);
    if (match === null) throw wrong('labels are name="value"');
    labels[match[1] ?? ''] = (match[2] ?? '').replace(/\\(.)/gs, (_all, character: string) =>
      character === 'n' ? '\n' : character === 't' ? '\t' : character,
    );
  }
  return labels;
}

/** One field of a message: a number, or bytes. */
type Field = [number: number, value: number | Buffer];

/** Fields in Protocol Buffers' wire format (proto3). @throws LokiPushError */
function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw wrong('the message breaks off');
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key & 7;
    if (kind === 0) yield [Math.floor(key / 8), varint()];
    else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4;
    else if (kind === 2) {
      const length = varint();
      if (at + length > bytes.length) throw wrong('the message breaks off');
      yield [Math.floor(key / 8), bytes.subarray(at, at + length)];
      at += length;
    } else throw wrong('the message is of no known form');
  }
}

const bytesOf = (value: number | Buffer): Buffer => (typeof value === 'number' ? Buffer.alloc(0) : value);
const numberOf = (value: number | Buffer): number => (typeof value === 'number' ? value : 0);

/** `logproto.PushRequest`, as promtail sends it. @throws LokiPushError */
export function readLokiProtobuf(bytes: Buffer): LokiStream[] {
  const streams: LokiStream[] = [];
  for (const [number, value] of fieldsOf(bytes)) if (number === 1) streams.push(protobufStream(bytesOf(value)));
  return streams;
}

function protobufStream(bytes: Buffer): LokiStream {
  const stream: LokiStream = { labels: {}, entries: [] };
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 1) stream.labels = parseLokiLabels(bytesOf(value).toString());
    else if (number === 2) stream.entries.push(protobufEntry(bytesOf(value)));
  }
  return stream;
}

function protobufEntry(bytes: Buffer): LokiStream['entries'][number] {
  let [seconds, nanos] = [0, 0];
  let line: Buffer = Buffer.alloc(0);
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 2) line = bytesOf(value);
    if (number !== 1) continue;
    for (const [part, amount] of fieldsOf(bytesOf(value))) {
      if (part === 1) seconds = numberOf(amount);
      else if (part === 2) nanos = numberOf(amount);
    }
  }
  return { time: seconds * 1e6 + Math.floor(nanos / 1_000), line };
}
