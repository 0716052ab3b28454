import { isRepositoryName } from '@haven/oci';

const separators = /[._-]+/g;
/** Those that the grammar of repository names has (distribution-spec "Pulling manifests"). */
const isSeparator = (text: string): boolean => /^(?:\.|__?|-+)$/.test(text);

function segment(text: string, isProject: boolean): string {
  return text
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(separators, (run) => (isSeparator(run) && (run.length === 1 || !isProject) ? run : '-'))
    .replace(/^[._-]+|[._-]+$/g, '');
}

/**
 * The name that a repository of a volume has with us: in lower case, with hyphens for what names may not hold, and below
 * `project` when it has no project of its own. Null when nothing is left of it, or it is too long.
 */
export function havenName(name: string, project: string): string | null {
  const segments = name.toLowerCase().split('/');
  if (segments.length === 1) segments.unshift(project);
  const wanted = segments.map((text, position) => segment(text, position === 0)).join('/');
  return isRepositoryName(wanted) ? wanted : null;
}

export interface NamePlan {
  /** Ordered by what they are called on the volume. */
  taken: { source: string; name: string }[];
  refused: { source: string; why: string }[];
}

/** Settles what each repository of a volume is to be called. Whose name another has, or would get as well, is refused. */
export function planNames(sources: readonly string[], project: string): NamePlan {
  const plan: NamePlan = { taken: [], refused: [] };
  const claims = new Map<string, string[]>();
  for (const source of sources) {
    const name = havenName(source, project);
    if (name !== null) claims.set(name, [...(claims.get(name) ?? []), source]);
  }
  for (const source of sources) {
    const name = havenName(source, project);
    const rivals = claims.get(name ?? '')?.filter((claim) => claim !== source) ?? [];
    if (name === null) plan.refused.push({ source, why: 'no name can be made of this' });
    else if (source === name || rivals.length === 0) plan.taken.push({ source, name });
    else plan.refused.push({ source, why: `${rivals.join(' and ')} would be called ${name} too` });
  }
  return plan;
}
