import { acknowledgedRange, readChunkHead } from './upload-range.js';

describe('acknowledgedRange', () => {
  it.each([
    [0, '0-0'],
    [1, '0-0'],
    [10, '0-9'],
  ])('of %i bytes is %s', (offset, range) => {
    expect(acknowledgedRange(offset)).toBe(range);
  });
});

describe('readChunkHead', () => {
  it.each([
    [{}, { startBytes: null, lengthBytes: null }],
    [{ 'content-length': '0' }, { startBytes: null, lengthBytes: 0 }],
    [{ 'content-length': '5' }, { startBytes: null, lengthBytes: 5 }],
    [{ 'content-range': '5-9' }, { startBytes: 5, lengthBytes: 5 }],
    [
      { 'content-range': 'bytes 5-9/10', 'content-length': '5' },
      { startBytes: 5, lengthBytes: 5 },
    ],
  ])('%j', (headers, expected) => {
    expect(readChunkHead(headers)).toEqual(expected);
  });

  it.each([
    [{ 'content-range': 'x' }, 'RANGE_INVALID'],
    [{ 'content-range': '9-5' }, 'RANGE_INVALID'],
    [{ 'content-range': '0-9', 'content-length': '5' }, 'SIZE_INVALID'],
  ])('refuses %j', (headers, code) => {
    expect(() => readChunkHead(headers)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
