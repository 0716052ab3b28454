/** Rows of a list: so many, after so many. */
export interface Range {
  offset: number;
  limit: number;
}

/**
 * Joins ranges that touch or overlap.
 * @returns the joined ones in ascending order, and where the rows of a given one begin among the rows of all of them
 */
export function mergeRanges(given: readonly Range[]): { ranges: readonly Range[]; startOf: (range: Range) => number } {
  const merged: (Range & { before: number })[] = [];
  for (const { offset, limit } of given.toSorted((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last !== undefined && offset <= last.offset + last.limit) {
      last.limit = Math.max(last.limit, offset + limit - last.offset);
    } else {
      merged.push({ offset, limit, before: last === undefined ? 0 : last.before + last.limit });
    }
  }
  const startOf = ({ offset }: Range): number => {
    const holder = merged.findLast((range) => range.offset <= offset);
    return holder === undefined ? 0 : holder.before + offset - holder.offset;
  };
  return { ranges: merged, startOf };
}
