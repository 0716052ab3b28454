import { compileDoublestar } from '../immutable/doublestar.js';
import type { ReplicationFilter } from './replication-policy.js';

/** What filters look at. */
export interface ReplicationCandidate {
  tags: readonly string[];
  labels: readonly string[];
  /** As Harbor names it: `IMAGE`, `CHART`, … */
  type: string;
}

const matches = (pattern: string, name: string): boolean => compileDoublestar(pattern)?.(name) ?? false;

/** Whether a repository is meant; without a filter by name every one is. */
export const selectsRepository = (filters: readonly ReplicationFilter[], repository: string): boolean =>
  filters.every((filter) => filter.type !== 'name' || filter.value === '' || matches(filter.value, repository));

/**
 * The tags of an artifact that are to be copied; null when the artifact is not meant. As with Harbor, a filter by tag
 * holds an untagged artifact against the empty name, and labels are meant all together.
 */
export function selectTags(filters: readonly ReplicationFilter[], candidate: ReplicationCandidate): string[] | null {
  let tags = [...candidate.tags];
  for (const filter of filters) {
    const excludes = filter.decoration === 'excludes';
    if (filter.type === 'label') {
      const hasAll = filter.value.every((label) => candidate.labels.includes(label));
      if (filter.value.length > 0 && hasAll === excludes) return null;
    } else if (filter.type === 'resource') {
      if (filter.value === 'image' && candidate.type !== 'IMAGE') return null;
    } else if (filter.type === 'tag' && filter.value !== '') {
      const isMeant = (tag: string): boolean => matches(filter.value, tag) !== excludes;
      if (tags.length === 0 && !isMeant('')) return null;
      const left = tags.filter(isMeant);
      if (tags.length > 0 && left.length === 0) return null;
      tags = left;
    }
  }
  return tags;
}
