import { parseContentRange } from './content-range.js';

describe('parseContentRange', () => {
  it.each([
    ['0-0', { start: 0, end: 0 }],
    ['0-1023', { start: 0, end: 1023 }],
    [' 5-9 ', { start: 5, end: 9 }],
    ['bytes 5-9/10', { start: 5, end: 9 }],
    ['bytes 5-9/*', { start: 5, end: 9 }],
    ['Bytes 5-9', { start: 5, end: 9 }],
    ['', null],
    ['5', null],
    ['5-', null],
    ['-5', null],
    ['9-5', null],
    ['a-b', null],
    ['0-5,6-9', null],
    ['bytes=0-5', null],
    ['bytes */10', null],
    ['0-9999999999999999', null],
    ['0-99999999999999999', null],
  ])('%j is %j', (header, range) => {
    expect(parseContentRange(header)).toEqual(range);
  });
});
