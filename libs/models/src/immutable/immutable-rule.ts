import picomatch from 'picomatch';

/** One condition: names that match a doublestar pattern, or all others. */
export interface Selector {
  kind: string;
  decoration: string;
  pattern: string;
}

/** Which tags of which repositories cannot be moved or removed, as the API takes it. */
export interface ImmutableRule {
  tag_selectors: readonly Selector[];
  scope_selectors: Readonly<Record<string, readonly Selector[]>>;
}

const negative: ReadonlySet<string> = new Set(['excludes', 'repoExcludes']);

/** `*` stays inside one part of a name, `**` does not; names that begin with a dot are like any others. */
function selects(selector: Selector | undefined, name: string): boolean {
  if (selector === undefined) return false;
  const isMatch = selector.pattern === '' || picomatch.isMatch(name, selector.pattern, { dot: true });
  return isMatch !== negative.has(selector.decoration);
}

/**
 * Whether a rule covers a tag. As with Harbor, the first selector of each kind counts.
 * @param repository name without its project
 */
export const covers = (rule: ImmutableRule, repository: string, tag: string): boolean =>
  selects(rule.scope_selectors['repository']?.[0], repository) && selects(rule.tag_selectors[0], tag);
