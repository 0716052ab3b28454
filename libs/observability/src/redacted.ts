/** Ends of names whose values nobody may read: of fields, query parameters and cookies. */
const names = 'passw(?:or)?d|secret|token|authorization|cookie|credentials?|(?:private|api|access)[_-]?key|sid';

/** Each says what is put in place of what it finds. */
const rules: readonly (readonly [RegExp, string])[] = [
  // Fields of JSON, at any depth.
  [new RegExp(`"([\\w.-]*(?:${names}))":"(?:[^"\\\\]|\\\\.)*"`, 'gi'), '"$1":"[redacted]"'],
  // Fields of JSON that is itself a text in JSON, or cut off.
  [new RegExp(`(\\\\*")([\\w.-]*(?:${names}))(\\\\*"\\s*:\\s*\\\\+")(?:(?!\\\\+").)*`, 'gi'), '$1$2$3[redacted]'],
  // What a header says who somebody is with; prose has small letters alone.
  [/\b(bearer|basic|digest|harbor-secret)\s+(?![a-z]+(?:[\s="',;:.)]|$))[^\s"'\\,;]{6,}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*/g, '[redacted]'],
  // Names and passwords in URLs.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'\\@]+@/gi, '$1[redacted]@'],
  [new RegExp(`([?&;\\s"'(](?:[\\w-]*(?:${names}))=)[^&;\\s"'\\\\]+`, 'gi'), '$1[redacted]'],
  [/([?&](?:code|_?state)=)[^&\s"'\\]+/gi, '$1[redacted]'],
];

/** Whether any of the rules can find something: nearly all lines are through with this. */
const anything =
  /pass|secret|token|authoriz|cookie|credential|key"|key=|sid[="]|bearer|basic|digest|eyJ|:\/\/[^\s/]+@|code=|state=/i;

/**
 * Takes out of a text for people what looks like a secret: a second net for what others say, and for errors of libraries.
 * What we know to be secret does not come this far.
 */
export const redacted = (text: string): string =>
  anything.test(text) ? rules.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text) : text;
