import { parsePurgeAge } from './purge-command.js';

describe('parsePurgeAge', () => {
  it.each([
    [[], null],
    [['--older-than', '0'], 0],
    [['--older-than=1.5'], 1.5],
  ])('reads %j', (args, hours) => {
    expect(parsePurgeAge(args)).toBe(hours);
  });

  it.each([
    [['--older-than']],
    [['--older-than=']],
    [['--older-than', '-1']],
    [['--older-than', '1d']],
    [['--all']],
    [['x']],
  ])('refuses %j', (args) => {
    expect(() => parsePurgeAge(args)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }) as Error);
  });
});
