import { Durations, Tally } from './tally.js';

describe('Tally', () => {
  it('puts a value where the first bound is that it does not exceed', () => {
    const tally = new Tally([1, 10]);
    for (const value of [0, 1, 1.5, 10, 11]) tally.observe(value);
    expect(tally).toMatchObject({ buckets: [2, 2, 1], count: 5, sum: 23.5 });
  });
});

describe('Durations', () => {
  it('knows the quantiles of the last ones', () => {
    const durations = new Durations();
    expect(durations.quantiles([0.5])).toEqual([NaN]);
    for (let seconds = 1; seconds <= 100; seconds += 1) durations.observe(seconds);
    expect(durations.quantiles([0.5, 0.9, 0.99, 1])).toEqual([50, 90, 99, 100]);
    for (let more = 0; more < 512; more += 1) durations.observe(7);
    expect(durations.quantiles([0.5, 1])).toEqual([7, 7]);
    expect(durations.count).toBe(612);
  });
});
