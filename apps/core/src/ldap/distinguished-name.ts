/** The parts of a distinguished name (RFC 4514), the leftmost first, each in one spelling: lower case, one way to escape. */
export type NameParts = readonly string[];

/** Servers have shorter ones. */
const longestDn = 4_096;
const hexPair = /^[0-9a-f]{2}/i;

/** Splits at a separator that is not escaped. */
function splitAt(text: string, separator: ',' | '+'): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** The value as bytes, so that an escaped letter is the same as a plain one. */
function unescape(value: string): string {
  const bytes: Buffer[] = [];
  for (let index = 0; index < value.length; index += 1) {
    const character = String.fromCodePoint(value.codePointAt(index) ?? 0);
    const escaped = value.slice(index + 1);
    if (character !== '\\') {
      bytes.push(Buffer.from(character));
      index += character.length - 1;
    } else if (hexPair.test(escaped)) {
      bytes.push(Buffer.from(escaped.slice(0, 2), 'hex'));
      index += 2;
    } else {
      bytes.push(Buffer.from(escaped.charAt(0)));
      index += 1;
    }
  }
  return Buffer.concat(bytes).toString();
}

/** Spaces around a value mean nothing unless they are escaped. */
const trimmed = (value: string): string => value.replace(/^ +/, '').replace(/(?<!\\) +$/, '');

function parseAssertion(text: string): string | null {
  const [type = '', ...rest] = text.split('=');
  if (rest.length === 0 || !/^ *(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+) *$/i.test(type)) return null;
  const value = unescape(trimmed(rest.join('=')))
    .replaceAll(/ +/g, ' ')
    .toLowerCase();
  return `${type.trim().toLowerCase()}=${JSON.stringify(value)}`;
}

/** @returns null when the text is no distinguished name; the empty one has no parts */
export function parseDn(dn: string): NameParts | null {
  if (dn.trim() === '') return [];
  if (dn.length > longestDn) return null;
  const parts = splitAt(dn, ',').map((part) => splitAt(part, '+').map(parseAssertion));
  if (parts.flat().includes(null)) return null;
  return parts.map((assertions) => assertions.sort().join('+'));
}

/** One spelling of a name, to compare names by. What is no distinguished name is only equal to itself. */
export const dnKey = (dn: string): string => parseDn(dn)?.join(',') ?? dn;

/** Whether a name is below another one, or that one itself. */
export function isUnder(dn: string, base: string): boolean {
  const [parts, baseParts] = [parseDn(dn), parseDn(base)];
  if (parts === null || baseParts === null) return false;
  return parts.slice(Math.max(0, parts.length - baseParts.length)).join(',') === baseParts.join(',');
}
