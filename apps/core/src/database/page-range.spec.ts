import { mergeRanges, type Range } from './page-range.js';

const range = (offset: number, limit: number): Range => ({ offset, limit });

describe('ranges of one list', () => {
  it.each([
    [[range(0, 10)], [[0, 10]], [0]],
    [
      [range(20, 10), range(0, 10)],
      [
        [0, 10],
        [20, 10],
      ],
      [10, 0],
    ],
    [[range(0, 10), range(10, 10)], [[0, 20]], [0, 10]],
    [[range(0, 100), range(20, 10), range(95, 10)], [[0, 105]], [0, 20, 95]],
    [
      [range(5, 5), range(100, 1), range(7, 5)],
      [
        [5, 7],
        [100, 1],
      ],
      [0, 7, 2],
    ],
  ])('%j', (given, ranges, starts) => {
    const merged = mergeRanges(given);
    expect(merged.ranges.map(({ offset, limit }) => [offset, limit])).toEqual(ranges);
    expect(given.map(merged.startOf)).toEqual(starts);
  });
});
