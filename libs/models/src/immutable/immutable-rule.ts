import { compileDoublestar, type NameTest } from './doublestar.js';

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
const nothing: NameTest = () => false;

function compileSelector(selector: Selector | undefined): NameTest {
  const isMatch = selector && compileDoublestar(selector.pattern === '' ? '**' : selector.pattern);
  if (!isMatch) return nothing;
  return negative.has(selector.decoration) ? (name) => !isMatch(name) : isMatch;
}

/**
 * Tells whether a rule covers a tag. As with Harbor, the first selector of each kind counts.
 * @returns a test of a repository's name without its project, and of a tag
 */
export function compileRule(rule: ImmutableRule): (repository: string, tag: string) => boolean {
  const isRepository = compileSelector(rule.scope_selectors['repository']?.[0]);
  const isTag = compileSelector(rule.tag_selectors[0]);
  return (repository, tag) => isRepository(repository) && isTag(tag);
}
