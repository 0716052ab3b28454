import { skipParts, totalOf, type KeptPart } from './kept-part.js';

const parts: KeptPart[] = [
  { start: 'mon', rows: 10 },
  { start: 'tue', rows: 0 },
  { start: 'wed', rows: 5 },
  { start: 'thu', rows: 20 },
];

describe('parts of a list whose rows are counted', () => {
  it('add up', () => {
    expect(totalOf(parts)).toBe(35);
    expect(totalOf([])).toBe(0);
  });

  it.each([
    ['oldest', false, 0, { offset: 0 }],
    ['oldest', false, 9, { offset: 9 }],
    ['oldest', false, 10, { offset: 0, bound: { comparison: '>=', start: 'wed' } }],
    ['oldest', false, 14, { offset: 4, bound: { comparison: '>=', start: 'wed' } }],
    ['oldest', false, 15, { offset: 0, bound: { comparison: '>=', start: 'thu' } }],
    ['oldest', false, 99, { offset: 84, bound: { comparison: '>=', start: 'thu' } }],
    ['newest', true, 0, { offset: 0 }],
    ['newest', true, 19, { offset: 19 }],
    ['newest', true, 20, { offset: 0, bound: { comparison: '<', start: 'thu' } }],
    ['newest', true, 26, { offset: 1, bound: { comparison: '<', start: 'tue' } }],
    ['newest', true, 99, { offset: 64, bound: { comparison: '<', start: 'mon' } }],
  ])('are passed over from the %s on (%s), %i rows', (_end, isDescending, offset, expected) => {
    expect(skipParts(parts, isDescending, offset)).toEqual(expected);
  });

  it('bound nothing where there are none', () => {
    expect(skipParts([], true, 5)).toEqual({ offset: 5 });
  });
});
