import { booleanParam, integerParam, textParam } from './query-params.js';

describe('query parameters', () => {
  it('take the last of a repeated parameter, and none for an empty one', () => {
    expect(textParam({ name: ['a', 'b'] }, 'name')).toBe('b');
    expect(textParam({ name: '' }, 'name')).toBeUndefined();
    expect(textParam({ name: ['a', ''] }, 'name')).toBeUndefined();
    expect(textParam({}, 'name')).toBeUndefined();
    expect(textParam(undefined, 'name')).toBeUndefined();
  });

  it('are numbers', () => {
    expect(integerParam({ id: '-12' }, 'id')).toBe(-12);
    expect(integerParam({}, 'id')).toBeUndefined();
    expect(() => integerParam({ id: '1.5' }, 'id')).toThrow('id in query must be a whole number');
    expect(() => integerParam({ id: '9007199254740992' }, 'id')).toThrow('whole number');
  });

  it.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['nonsense', false],
  ])('are booleans: %s is %s', (text, expected) => {
    expect(booleanParam({ flag: text }, 'flag')).toBe(expected);
  });
});
