import { AppError } from '@haven/errors';
import { parseFilters, parseListQuery, parseSort, type Filter } from './list-query.js';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

describe('q', () => {
  const cases: [string, Record<string, Filter>][] = [
    ['', {}],
    ['name=library', { name: { kind: 'exact', value: 'library' } }],
    ['name=007', { name: { kind: 'exact', value: '007' } }],
    ['name="a b"', { name: { kind: 'exact', value: 'a b' } }],
    ["name='a b'", { name: { kind: 'exact', value: 'a b' } }],
    ['name=""', { name: { kind: 'exact', value: '' } }],
    ['name=a=b', { name: { kind: 'exact', value: 'a=b' } }],
    ['name=\\~a', { name: { kind: 'exact', value: '~a' } }],
    ['name=~lib', { name: { kind: 'fuzzy', value: 'lib' } }],
    ['name=~ "x"', { name: { kind: 'fuzzy', value: ' "x"' } }],
    ['name=~~', { name: { kind: 'fuzzy', value: '~' } }],
    ['id=[1~5]', { id: { kind: 'range', min: '1', max: '5' } }],
    ['id=[1~]', { id: { kind: 'range', min: '1', max: null } }],
    ['id=[ ~ 5 ]', { id: { kind: 'range', min: null, max: '5' } }],
    ['t=["2020-04-09 02:36:00"~]', { t: { kind: 'range', min: '2020-04-09 02:36:00', max: null } }],
    ['id={1 2  3}', { id: { kind: 'any', values: ['1', '2', '3'] } }],
    ['id={}', { id: { kind: 'any', values: [] } }],
    ['n={"a b" \'c d\' e}', { n: { kind: 'any', values: ['a b', 'c d', 'e'] } }],
    ['labels=(1 2)', { labels: { kind: 'all', values: ['1', '2'] } }],
    ['labels=( )', { labels: { kind: 'all', values: [] } }],
    ['a=1, b=2', { a: { kind: 'exact', value: '1' }, b: { kind: 'exact', value: '2' } }],
    ['a=1,a=2', { a: { kind: 'exact', value: '2' } }],
    ['__proto__=1', Object.fromEntries([['__proto__', { kind: 'exact', value: '1' }]])],
    // Unescaped once more than the URL was.
    ['tags%3Dnil', { tags: { kind: 'exact', value: 'nil' } }],
    ['name=a%2Cb%3D1', { name: { kind: 'exact', value: 'a' }, b: { kind: 'exact', value: '1' } }],
    ['name=a+b', { name: { kind: 'exact', value: 'a b' } }],
    ['name=100%', { name: { kind: 'exact', value: '100%' } }],
    ['name=%ff', { name: { kind: 'exact', value: '%ff' } }],
    ['name=%E5%BA%93', { name: { kind: 'exact', value: '库' } }],
  ];
  it.each(cases)('%s', (q, filters) => {
    expect(Object.fromEntries(parseFilters(q))).toEqual(filters);
  });

  it.each([
    'name',
    '=library',
    'name=',
    ',',
    'a=1,',
    'a=1,,b=2',
    'name=~',
    'id=[1~5',
    'id=[',
    'id=[]',
    'id=[~]',
    'id=[ ~ ]',
    'id=[1]',
    'id=[1~2~3]',
    'id={1 2',
    'id={',
    'id={1 2)',
    'id=(1 2',
    'id=(1 2}',
    'name=a%00',
  ])('refuses %s', (q) => {
    expect(codeOf(() => parseFilters(q))).toBe('BAD_REQUEST');
  });

  it('survives anything', () => {
    const alphabet = [
      '=',
      ',',
      '~',
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      '"',
      "'",
      '\\',
      '%',
      ' ',
      '+',
      'a',
      '1',
      ';',
      '\0',
      '库',
    ];
    let seed = 1;
    const next = (): string => {
      seed = (seed * 48_271) % 2_147_483_647;
      return alphabet[seed % alphabet.length]!;
    };
    for (let round = 0; round < 20_000; round++) {
      const q = Array.from({ length: (round % 12) + 1 }, next).join('');
      expect(['BAD_REQUEST', 'nothing thrown']).toContain(codeOf(() => parseFilters(q)));
    }
  });
});

describe('sort', () => {
  it.each([
    ['', []],
    ['name', [{ key: 'name', descending: false }]],
    [
      '-creation_time, name',
      [
        { key: 'creation_time', descending: true },
        { key: 'name', descending: false },
      ],
    ],
    [',-,', []],
  ])('%s', (sort, keys) => {
    expect(parseSort(sort)).toEqual(keys);
  });
});

describe('page', () => {
  it.each([
    [{}, { number: 1, size: 10 }],
    [
      { page: '', page_size: '' },
      { number: 1, size: 10 },
    ],
    [
      { page: '3', page_size: '100' },
      { number: 3, size: 100 },
    ],
    [
      { page: '0', page_size: '0' },
      { number: 1, size: 0 },
    ],
    [{ page: '-3' }, { number: 1, size: 10 }],
    [{ page_size: '-1' }, { number: 1, size: 0 }],
    [{ page: ['7', '2'] }, { number: 2, size: 10 }],
  ])('%j', (query, page) => {
    expect(parseListQuery(query).page).toEqual(page);
  });

  it.each([
    { page_size: '101' },
    { page_size: 'ten' },
    { page_size: '1.5' },
    { page_size: '1e1' },
    { page_size: '0x10' },
    { page: 'one' },
    { page: '9007199254740991' },
    { page: '99999999999999999999999' },
  ])('refuses %j', (query) => {
    expect(codeOf(() => parseListQuery(query))).toBe('UNPROCESSABLE_ENTITY');
  });
});
