/** What a registry wants to be shown: `WWW-Authenticate` of a 401 (RFC 9110, section 11.6.1; RFC 6750, section 3). */
export type Challenge =
  { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string; scope: string; error: string };

const longestHeader = 8_192;
const schemeAt = /(?:^|,)\s*(basic|bearer)(?=\s|,|$)/gi;
const quoted = /"(?:[^"\\]|\\.)*"/g;
const parameter = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi;

/** The first challenge that we can meet, Bearer before Basic; null when there is none. */
export function parseChallenge(header: string | undefined): Challenge | null {
  if (header === undefined || header.length > longestHeader) return null;
  // What stands in quotes is no scheme, whatever it looks like.
  const bare = header.replace(quoted, (text) => '_'.repeat(text.length));
  const starts = [...bare.matchAll(schemeAt)];
  const bearer = starts.findIndex(([, scheme = '']) => scheme.toLowerCase() === 'bearer');
  if (bearer === -1) return starts.length === 0 ? null : { scheme: 'basic' };
  const part = header.slice(starts[bearer]?.index, starts[bearer + 1]?.index);
  const values = new Map<string, string>();
  for (const [, name = '', inQuotes, plain] of part.matchAll(parameter)) {
    values.set(name.toLowerCase(), inQuotes?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  const value = (name: string): string => values.get(name) ?? '';
  return {
    scheme: 'bearer',
    ...{ realm: value('realm'), service: value('service'), scope: value('scope'), error: value('error') },
  };
}
