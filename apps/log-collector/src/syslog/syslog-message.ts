/** A syslog message, as far as it could be read: whatever could not is text. */
export interface SyslogMessage {
  /** Facility × 8 + severity; 13 (user, notice) where there is none (RFC 3164, section 4.3.3). */
  priority: number;
  /** Microseconds since 1970; null where there is none. */
  time: number | null;
  host: string;
  /** The program: APP-NAME, or what stands before the colon. */
  app: string;
  /** Where the text begins. */
  messageAt: number;
}

const SPACE = 32;
const LESS = 60;
const GREATER = 62;
const BRACKET = 91;
const BRACKET_END = 93;
const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const DASH = 45;

const withoutHead = (): SyslogMessage => ({ priority: 13, time: null, host: '', app: '', messageAt: 0 });

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

const token = (bytes: Buffer, start: number, end: number): string =>
  end - start === 1 && bytes[start] === DASH ? '' : bytes.toString('utf8', start, end);

/** The next space, or the end. */
function wordEnd(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(SPACE, start);
  return end === -1 ? bytes.length : end;
}

/**
 * Reads one message, RFC 5424 or 3164, and what Docker's syslog driver makes of either. Never fails.
 * @param now milliseconds since 1970: RFC 3164 names no year
 */
export function parseSyslog(bytes: Buffer, now: number): SyslogMessage {
  const message = withoutHead();
  if (bytes[0] !== LESS) return message;
  let at = 1;
  let priority = 0;
  while (at < 5 && isDigit(bytes[at])) priority = priority * 10 + ((bytes[at++] ?? 0) - 48);
  if (at === 1 || bytes[at] !== GREATER || priority > 191) return message;
  message.priority = priority;
  message.messageAt = at + 1;
  if (bytes[at + 1] === 49 && bytes[at + 2] === SPACE) return parse5424(bytes, at + 3, message);
  return parse3164(bytes, at + 1, message, now);
}

/** TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG] (RFC 5424, section 6). */
function parse5424(bytes: Buffer, start: number, message: SyslogMessage): SyslogMessage {
  const timeEnd = wordEnd(bytes, start);
  const time = parseIsoTime(bytes, start, timeEnd);
  const isNil = timeEnd - start === 1 && bytes[start] === DASH;
  if (time === null && !isNil) return message;
  const hostEnd = wordEnd(bytes, timeEnd + 1);
  const appEnd = wordEnd(bytes, hostEnd + 1);
  const processEnd = wordEnd(bytes, appEnd + 1);
  const idEnd = wordEnd(bytes, processEnd + 1);
  message.time = time;
  message.host = token(bytes, timeEnd + 1, hostEnd);
  message.app = token(bytes, hostEnd + 1, appEnd);
  message.messageAt = skipByteOrderMark(bytes, structuredDataEnd(bytes, Math.min(idEnd + 1, bytes.length)));
  return message;
}

/** After structured data and the space behind it. Docker once left it out: then there is none. */
function structuredDataEnd(bytes: Buffer, start: number): number {
  if (bytes[start] === DASH && (start + 1 >= bytes.length || bytes[start + 1] === SPACE)) {
    return Math.min(start + 2, bytes.length);
  }
  let at = start;
  let isQuoted = false;
  while (bytes[at] === BRACKET) {
    at += 1;
    for (; at < bytes.length && (isQuoted || bytes[at] !== BRACKET_END); at += 1) {
      if (isQuoted && bytes[at] === BACKSLASH) at += 1;
      else if (bytes[at] === QUOTE) isQuoted = !isQuoted;
    }
    // An element that never ends is text.
    if (at >= bytes.length) return start;
    at += 1;
  }
  return bytes[at] === SPACE ? at + 1 : at;
}

const skipByteOrderMark = (bytes: Buffer, at: number): number =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? at + 3 : at;

/** TIMESTAMP [HOSTNAME] TAG[pid]: text (RFC 3164, section 4.1); the time may also be as in RFC 5424. */
function parse3164(bytes: Buffer, start: number, message: SyslogMessage, now: number): SyslogMessage {
  let at = start;
  if (isDigit(bytes[at])) {
    const end = wordEnd(bytes, at);
    message.time = parseIsoTime(bytes, at, end);
    if (message.time === null) return message;
    at = end + 1;
  } else {
    message.time = parseBsdTime(bytes, at, now);
    if (message.time === null) return parseTag(bytes, start, message);
    at += 16;
  }
  const firstEnd = wordEnd(bytes, at);
  // A tag ends with a colon, a host name does not: Docker leaves the host out.
  if (bytes[firstEnd - 1] !== COLON && firstEnd < bytes.length) {
    message.host = token(bytes, at, firstEnd);
    at = firstEnd + 1;
  }
  return parseTag(bytes, at, message);
}

const longestTag = 128;

/** `tag:` or `tag[pid]:` and a space. Without one all of it is text. */
function parseTag(bytes: Buffer, start: number, message: SyslogMessage): SyslogMessage {
  message.messageAt = Math.min(start, bytes.length);
  const end = wordEnd(bytes, start);
  if (end - start > longestTag || bytes[end - 1] !== COLON) return message;
  const bracket = bytes.indexOf(BRACKET, start);
  const nameEnd = bracket !== -1 && bracket < end && bytes[end - 2] === BRACKET_END ? bracket : end - 1;
  if (nameEnd === start) return message;
  message.app = bytes.toString('utf8', start, nameEnd);
  message.messageAt = Math.min(end + 1, bytes.length);
  return message;
}

const number = (bytes: Buffer, at: number, digits: number): number => {
  let value = 0;
  for (let index = at; index < at + digits; index += 1) {
    const byte = bytes[index];
    if (!isDigit(byte)) return NaN;
    value = value * 10 + ((byte ?? 0) - 48);
  }
  return value;
};

/** `2003-10-11T22:14:15.003000Z` or with an offset `-07:00` (RFC 3339). @returns microseconds, or null */
export function parseIsoTime(bytes: Buffer, start: number, end: number): number | null {
  const year = number(bytes, start, 4);
  const month = number(bytes, start + 5, 2);
  const day = number(bytes, start + 8, 2);
  const hour = number(bytes, start + 11, 2);
  const minute = number(bytes, start + 14, 2);
  const second = number(bytes, start + 17, 2);
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second);
  if (end - start < 20 || Number.isNaN(seconds) || month > 12 || month < 1 || day > 31 || hour > 23) return null;
  let at = start + 19;
  let micros = 0;
  if (bytes[at] === 0x2e) {
    at += 1;
    let scale = 100_000;
    for (; isDigit(bytes[at]); at += 1, scale = Math.floor(scale / 10)) micros += ((bytes[at] ?? 0) - 48) * scale;
  }
  const offset = offsetMinutes(bytes, at, end);
  return offset === null ? null : (seconds - offset * 60_000) * 1_000 + micros;
}

function offsetMinutes(bytes: Buffer, at: number, end: number): number | null {
  const sign = bytes[at];
  if ((sign === 0x5a || sign === 0x7a) && at + 1 === end) return 0;
  if ((sign !== 0x2b && sign !== DASH) || at + 6 !== end) return null;
  const minutes = number(bytes, at + 1, 2) * 60 + number(bytes, at + 4, 2);
  return Number.isNaN(minutes) ? null : sign === DASH ? -minutes : minutes;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayMs = 86_400_000;

/** `Oct 11 22:14:15 ` or `Oct  1 …`, in UTC; the year is the one that puts it shortly before now, or hardly after. @returns microseconds, or null */
function parseBsdTime(bytes: Buffer, at: number, now: number): number | null {
  if (bytes.length < at + 15 || bytes[at + 3] !== SPACE || bytes[at + 9] !== COLON) return null;
  const month = months.indexOf(bytes.toString('latin1', at, at + 3));
  const day = bytes[at + 4] === SPACE ? number(bytes, at + 5, 1) : number(bytes, at + 4, 2);
  const hour = number(bytes, at + 7, 2);
  const minute = number(bytes, at + 10, 2);
  const second = number(bytes, at + 13, 2);
  const year = new Date(now).getUTCFullYear();
  const time = Date.UTC(year, month, day, hour, minute, second);
  if (month === -1 || Number.isNaN(time) || hour > 23) return null;
  if (time - now > 30 * dayMs) return Date.UTC(year - 1, month, day, hour, minute, second) * 1_000;
  if (now - time > 335 * dayMs) return Date.UTC(year + 1, month, day, hour, minute, second) * 1_000;
  return time * 1_000;
}
