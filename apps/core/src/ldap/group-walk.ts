import { dnKey } from './distinguished-name.js';

/** A group as the directory has it. */
export interface DirectoryGroup {
  dn: string;
  name: string;
  /** Groups that it says it is in; empty where the directory does not keep that. */
  memberOf: readonly string[];
}

/** Which groups are asked for, in one query: those of these names, and those that list one of these members. */
export interface GroupQuestion {
  named: readonly string[];
  containing: readonly string[];
}

/** Levels of groups within groups that are followed. */
const deepest = 10;
/** Nobody is in more groups than this as far as we are concerned. */
const mostGroups = 5_000;

/**
 * All groups of somebody, also those that they are in by being in another: one query a level, and no query for a level
 * that the directory has already said is empty.
 * @param user their name, and the groups that their entry says they are in
 * @param find asks the directory; only groups that count come back
 * @param isTransitive whether the directory goes through the levels by itself
 */
export async function walkGroups(
  user: Pick<DirectoryGroup, 'dn' | 'memberOf'>,
  find: (question: GroupQuestion) => Promise<readonly DirectoryGroup[]>,
  isTransitive: boolean,
): Promise<DirectoryGroup[]> {
  // Where entries say which groups they are in, a group that says nothing is in none.
  const isKept = user.memberOf.length > 0;
  const found = new Map<string, DirectoryGroup>();
  let question: GroupQuestion = { named: user.memberOf, containing: [user.dn] };
  for (let level = 0; level < deepest && found.size < mostGroups; level += 1) {
    const fresh = (await find(question)).filter(({ dn }) => !found.has(dnKey(dn)));
    for (const group of fresh) found.set(dnKey(group.dn), group);
    const above = new Map(fresh.flatMap(({ memberOf }) => memberOf).map((dn) => [dnKey(dn), dn]));
    for (const key of found.keys()) above.delete(key);
    question = { named: [...above.values()], containing: isKept ? [] : fresh.map(({ dn }) => dn) };
    if (isTransitive || question.named.length + question.containing.length === 0) break;
  }
  return [...found.values()];
}
