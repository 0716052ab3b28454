/** How many rows there are of each part of a list, such as of a day, where that is kept. */
export interface KeptParts {
  /** What the parts are ranges of; a list in its order can pass over whole parts. */
  column: string;
  /** Query for `start` (as text) and `rows` of each part in ascending order, over the list's own values. */
  parts: string;
}

/** From its start to the start of the next. */
export interface KeptPart {
  start: string;
  rows: number;
}

/** Which rows are left after whole parts were passed over. */
export interface PartBound {
  comparison: '<' | '>=';
  start: string;
}

export const totalOf = (parts: readonly KeptPart[]): number => parts.reduce((sum, { rows }) => sum + rows, 0);

/**
 * Passes over the parts that lie before a page.
 * @param parts in ascending order
 * @returns how many rows are then still to be passed over, and where those begin; no bound when no part was left out
 */
export function skipParts(
  parts: readonly KeptPart[],
  isDescending: boolean,
  offset: number,
): { offset: number; bound?: PartBound } {
  let left = offset;
  let bound: PartBound | undefined;
  const ordered = isDescending ? parts.toReversed() : parts;
  for (const [n, part] of ordered.entries()) {
    const start = isDescending ? part.start : ordered[n + 1]?.start;
    if (part.rows > left || start === undefined) break;
    left -= part.rows;
    bound = { comparison: isDescending ? '<' : '>=', start };
  }
  return bound === undefined ? { offset: left } : { offset: left, bound };
}
