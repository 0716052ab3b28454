import type { LabelSet, Labels } from './label-set.js';

/**
 * One line in a file:
 *
 *     <time> TAB <flags>[,<claimed time>] TAB <labels> TAB <message> LF
 *
 * The time is microseconds since 1970 in 16 digits, the flags one digit, the labels a JSON object (which holds no raw
 * TAB). The message stands as it came, byte by byte; one that holds a line feed is escaped, and flagged.
 */
export const timeLength = 16;
const flagsAt = timeLength + 1;
const TAB = 9;
const LF = 10;
const BACKSLASH = 92;
const ZERO = 48;

/** The first and the last time that 16 digits can say: 2001 and 2286. */
export const earliest = 1e15;
export const latest = 1e16 - 1;

const ESCAPED = 1;
const OUT_OF_ORDER = 2;
const TRUNCATED = 4;

/** What is special about a line that is stored. */
export interface LineMarks {
  /** The time it claims, when that is so far from its neighbours' that it was filed under the time it came. */
  claimedTime: number | null;
  isTruncated: boolean;
}

export const noMarks: LineMarks = { claimedTime: null, isTruncated: false };

/** A line as it is shown. */
export interface LogLine {
  /** Microseconds since 1970. */
  time: number;
  labels: Labels;
  message: string;
  claimedTime: number | null;
  isTruncated: boolean;
}

/** Bytes that a line takes at most, before its line feeds are escaped. */
export const lineRoom = (labels: LabelSet, message: Buffer): number =>
  timeLength + labels.middle.length + message.length + 32;

/** Backslashes and line feeds, so that a line stays one, and comes back as it was. */
function escape(message: Buffer): Buffer {
  const escaped = Buffer.allocUnsafe(message.length * 2);
  let length = 0;
  for (const byte of message) {
    if (byte === BACKSLASH || byte === LF) escaped[length++] = BACKSLASH;
    escaped[length++] = byte === LF ? 0x6e : byte;
  }
  return escaped.subarray(0, length);
}

function unescape(message: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(message.length);
  let length = 0;
  for (let at = 0; at < message.length; at += 1) {
    const byte = message[at] ?? 0;
    if (byte !== BACKSLASH) plain[length++] = byte;
    else plain[length++] = message[++at] === 0x6e ? LF : BACKSLASH;
  }
  return plain.subarray(0, length);
}

/** What is written for a line; its pieces in order. The usual line costs no allocation of its own. */
export interface EncodedLine {
  middle: Buffer;
  message: Buffer;
}

export function encodeLine(labels: LabelSet, message: Buffer, marks: LineMarks): EncodedLine {
  const isEscaped = message.includes(LF);
  if (!isEscaped && marks === noMarks) return { middle: labels.middle, message };
  const flags =
    (isEscaped ? ESCAPED : 0) | (marks.claimedTime === null ? 0 : OUT_OF_ORDER) | (marks.isTruncated ? TRUNCATED : 0);
  const claimed = marks.claimedTime === null ? '' : `,${marks.claimedTime}`;
  return {
    middle: Buffer.from(`\t${flags}${claimed}\t${labels.text}\t`),
    message: isEscaped ? escape(message) : message,
  };
}

/** Where the parts of a stored line lie in a buffer. */
export interface LineSpan {
  time: number;
  labelsAt: number;
  messageAt: number;
}

/** Reads the head of the line that starts at `start` and ends before its line feed at `end`. Null when it is none of ours. */
export function readSpan(bytes: Buffer, start: number, end: number): LineSpan | null {
  if (end - start < flagsAt + 5 || bytes[start + timeLength] !== TAB) return null;
  let time = 0;
  for (let at = start; at < start + timeLength; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return null;
    time = time * 10 + digit;
  }
  const plainAt = start + flagsAt + 1;
  const labelsAt = (bytes[plainAt] === TAB ? plainAt : bytes.indexOf(TAB, plainAt)) + 1;
  const messageAt = bytes.indexOf(TAB, labelsAt) + 1;
  return labelsAt === 0 || messageAt === 0 || messageAt > end ? null : { time, labelsAt, messageAt };
}

/** The labels of a line as they are stored. */
export const labelsText = (bytes: Buffer, span: LineSpan): string =>
  bytes.toString('utf8', span.labelsAt, span.messageAt - 1);

/** Makes a stored line readable; bytes that are no UTF-8 become U+FFFD. @param bytes the line, without its line feed */
export function decodeLine(service: string, bytes: Buffer): LogLine | null {
  const span = readSpan(bytes, 0, bytes.length);
  if (span === null) return null;
  const flags = (bytes[flagsAt] ?? ZERO) - ZERO;
  const claimed = Number(bytes.toString('latin1', flagsAt + 2, span.labelsAt - 1));
  const stored = bytes.subarray(span.messageAt);
  const message = (flags & ESCAPED) === 0 ? stored : unescape(stored);
  return {
    time: span.time,
    labels: { service, ...(JSON.parse(labelsText(bytes, span)) as Labels) },
    message: message.toString(),
    claimedTime: (flags & OUT_OF_ORDER) === 0 ? null : claimed,
    isTruncated: (flags & TRUNCATED) !== 0,
  };
}
