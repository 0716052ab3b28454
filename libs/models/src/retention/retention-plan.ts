import { isAboutRepository, keptBy, type RetentionCandidate, type RetentionRule } from './retention-rule.js';

export type RetentionFate = 'RETAIN' | 'DEL' | 'IMMUTABLE';

/** What is to become of an artifact, and why. */
export interface PlannedArtifact extends RetentionCandidate {
  fate: RetentionFate;
  /** The first rule that keeps it, counted from 1; null when none does. */
  rule: number | null;
}

/**
 * Decides over the artifacts of one repository: one rule that keeps an artifact is enough, and what none keeps goes,
 * unless a rule makes one of its tags immutable. A repository that no rule is about is left alone.
 * @param name without its project
 * @param isImmutable tells of a tag
 * @returns null for a repository that no rule is about
 */
export function planRetention(
  rules: readonly RetentionRule[],
  name: string,
  candidates: readonly RetentionCandidate[],
  isImmutable: (tag: string) => boolean,
  now: number,
): PlannedArtifact[] | null {
  const about = rules
    .map((rule, index) => ({ rule, number: index + 1 }))
    .filter(({ rule }) => !rule.disabled && isAboutRepository(rule, name));
  if (about.length === 0) return null;
  const keepers = new Map<string, number>();
  for (const { rule, number } of about) {
    for (const { digest } of keptBy(rule, candidates, now)) {
      if (!keepers.has(digest)) keepers.set(digest, number);
    }
  }
  return candidates.map((candidate) => {
    const rule = keepers.get(candidate.digest) ?? null;
    if (rule !== null) return { ...candidate, fate: 'RETAIN', rule };
    return { ...candidate, fate: candidate.tags.some(isImmutable) ? 'IMMUTABLE' : 'DEL', rule };
  });
}
