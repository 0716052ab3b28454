/** More names than anybody writes down in one pattern. */
const mostNames = 1_000;
const wildcards = /[*?[\]\\]/;

/**
 * The names that a doublestar pattern stands for when it has no wildcards: `library/{app,web}` is two.
 * @returns null when only a list can tell
 */
export function literalNames(pattern: string): string[] | null {
  if (pattern === '' || wildcards.test(pattern)) return null;
  let names = [''];
  for (const part of pattern.split(/(\{[^{}]*\})/)) {
    const isChoice = part.startsWith('{') && part.endsWith('}');
    if (!isChoice && /[{}]/.test(part)) return null;
    const choices = isChoice ? part.slice(1, -1).split(',') : [part];
    names = names.flatMap((name) => choices.map((choice) => name + choice));
    if (names.length > mostNames) return null;
  }
  return [...new Set(names)];
}

/** What every name begins with that a doublestar pattern can match. */
export const literalPrefix = (pattern: string): string => /^[^*?[\]\\{}]*/.exec(pattern)?.[0] ?? '';

/** The first part of every name that a pattern can match; null when that is open. */
export function literalNamespaces(pattern: string): string[] | null {
  const slash = pattern.indexOf('/');
  return slash === -1 ? null : literalNames(pattern.slice(0, slash));
}
