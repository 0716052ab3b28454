import { groupFilter } from './group-filter.js';

const matches = async (pattern: string, names: string[]) => names.filter(await groupFilter(pattern));

describe('the filter of groups', () => {
  const names = ['haven-dev', 'haven-ops', 'sales'];

  it.each([
    ['', names],
    ['^haven-', ['haven-dev', 'haven-ops']],
    ['ops|sales', ['haven-ops', 'sales']],
    ['(?i)SALES', ['sales']],
    ['[', []],
    ['(?=x)', []],
    ['x'.repeat(1_025), []],
  ])('%s', async (pattern, expected) => {
    expect(await matches(pattern, names)).toEqual(expected);
  });

  it('takes its time with no expression', async () => {
    const started = performance.now();
    expect(await matches('^(a+)+$', [`${'a'.repeat(250)}b`])).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
