/** One `scope` of a token request: `repository:library/app:pull,push`. */
export interface Scope {
  type: string;
  name: string;
  actions: string[];
}

/** Scopes come as repeated parameters, and several may stand in one, between spaces. */
export function parseScopes(values: readonly string[]): Scope[] {
  return values.flatMap((value) => value.split(' ')).flatMap((text) => parseScope(text) ?? []);
}

/** `type:name:actions`; a name may hold colons (a host with its port), so the ends are what counts. */
function parseScope(text: string): Scope | null {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first <= 0) return null;
  if (first === last) return { type: text.slice(0, first), name: text.slice(first + 1), actions: [] };
  const actions = text
    .slice(last + 1)
    .split(',')
    .filter((action) => action !== '');
  return { type: text.slice(0, first), name: text.slice(first + 1, last), actions };
}
