import { entityTag, isNoneMatch, isRangeWanted } from './conditional.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('isNoneMatch', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['*', true],
    [entityTag(digest), true],
    [`W/${entityTag(digest)}`, true],
    [digest, true],
    [`"other" , ${entityTag(digest)}`, true],
    ['"other"', false],
    [digest.slice(0, -1), false],
  ])('%s: %s', (header, expected) => {
    expect(isNoneMatch(header, digest)).toBe(expected);
  });
});

describe('isRangeWanted', () => {
  it.each([
    [undefined, true],
    [entityTag(digest), true],
    [`W/${entityTag(digest)}`, false],
    ['Wed, 21 Oct 2015 07:28:00 GMT', false],
  ])('%s: %s', (header, expected) => {
    expect(isRangeWanted(header, digest)).toBe(expected);
  });
});
