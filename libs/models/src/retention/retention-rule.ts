import { compileDoublestar } from '../immutable/doublestar.js';

/** Harbor's selector: a doublestar pattern and what it does. */
export interface RetentionSelector {
  kind: string;
  decoration: string;
  pattern: string;
  /** JSON; of tags `{"untagged": true}` says whether artifacts without tags are meant as well. */
  extras: string;
}

/** A rule, as it is stored and as Harbor's API has it. */
export interface RetentionRule {
  disabled: boolean;
  action: string;
  template: string;
  params: Record<string, unknown>;
  tag_selectors: RetentionSelector[];
  scope_selectors: Record<string, RetentionSelector[]>;
}

/** What rules look at; times in milliseconds, 0 for never. */
export interface RetentionCandidate {
  digest: string;
  tags: readonly string[];
  pushedAt: number;
  pulledAt: number;
}

/** Keeps some of those that it is shown. */
type Template = (candidates: readonly RetentionCandidate[], now: number) => readonly RetentionCandidate[];

const dayMs = 86_400_000;
const newest =
  (timeOf: (candidate: RetentionCandidate) => number) =>
  (count: number): Template =>
  (candidates) =>
    candidates.toSorted((a, b) => timeOf(b) - timeOf(a)).slice(0, count);
const within =
  (timeOf: (candidate: RetentionCandidate) => number) =>
  (days: number): Template =>
  (candidates, now) =>
    candidates.filter((candidate) => timeOf(candidate) >= now - days * dayMs);
const pushed = ({ pushedAt }: RetentionCandidate): number => pushedAt;
const pulled = ({ pulledAt }: RetentionCandidate): number => pulledAt;
const active = ({ pushedAt, pulledAt }: RetentionCandidate): number => Math.max(pushedAt, pulledAt);

/** Harbor's templates: how each is made of its parameter, what that is when it is absent, and how large it may be. */
export const retentionTemplates: Readonly<
  Record<string, { make: (parameter: number) => Template; fallback: number; most: number }>
> = {
  latestPushedK: { make: newest(pushed), fallback: 10, most: 32_766 },
  latestPulledN: { make: newest(pulled), fallback: 10, most: 32_766 },
  latestActiveK: { make: newest(active), fallback: 10, most: 32_766 },
  nDaysSinceLastPush: { make: within(pushed), fallback: 30, most: 20_190_904 },
  nDaysSinceLastPull: { make: within(pulled), fallback: 30, most: 20_190_904 },
  lastXDays: { make: within(pushed), fallback: 10, most: 20_190_904 },
  always: { make: () => (candidates) => candidates, fallback: 0, most: 0 },
};

const matches = (pattern: string, name: string): boolean =>
  pattern === '' || (compileDoublestar(pattern)?.(name) ?? false);

/** Whether a rule is about a repository. @param name without its project */
export const isAboutRepository = ({ scope_selectors: selectors }: RetentionRule, name: string): boolean =>
  (selectors['repository'] ?? []).every(
    ({ decoration, pattern }) => matches(pattern, name) === (decoration !== 'repoExcludes'),
  );

/** The candidates that a rule keeps. */
export function keptBy(
  rule: RetentionRule,
  candidates: readonly RetentionCandidate[],
  now: number,
): readonly RetentionCandidate[] {
  const template = retentionTemplates[rule.template];
  if (template === undefined) return candidates;
  const given = Number(rule.params[rule.template]);
  const parameter = Number.isSafeInteger(given) && given >= 0 ? given : template.fallback;
  const meant = candidates.filter(({ tags }) => rule.tag_selectors.every((selector) => selects(selector, tags)));
  return template.make(parameter)(meant, now);
}

/** As with Harbor, one tag that fits is enough; of untagged artifacts the selector says itself whether they are meant. */
function selects({ decoration, pattern, extras }: RetentionSelector, tags: readonly string[]): boolean {
  const excludes = decoration === 'excludes';
  const untagged = meansUntagged(extras, !excludes);
  if (tags.length === 0) return untagged !== excludes;
  return tags.some((tag) => matches(pattern, tag) !== excludes);
}

function meansUntagged(extras: string, fallback: boolean): boolean {
  try {
    const { untagged = false } = JSON.parse(extras) as { untagged?: boolean };
    return untagged;
  } catch {
    return fallback;
  }
}
