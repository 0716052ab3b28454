import { AppError } from '@haven/errors';
import { Database, sql } from '@haven/models';
import { createTestDatabase, type TestDatabase } from '@haven/testing';
import { buildListSql, orderSql, parseListQuery, type ListShape } from '../src/index.js';

const shape: ListShape = {
  fields: {
    name: { column: 't.name', type: 'string' },
    number: { column: 't.number', type: 'int' },
    time: { column: 't.time', type: 'time' },
    flag: { column: 't.flag', type: 'bool' },
  },
  defaultSort: 'number',
  idColumn: 't.id',
};

const rows = `(VALUES
  (1, 'Library'::varchar, 1::integer, '2020-01-01T00:00:00Z'::timestamptz, true),
  (2, '50%_off\\x', 2, '2021-06-01T12:00:00Z', false),
  (3, '007', 3, '0001-01-01T00:00:00Z', NULL),
  (4, 'it''s 库', 4, '9999-12-31T23:59:59Z', true)
) AS t (id, name, number, time, flag)`;

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = Database.connect(testDatabase.settings, { applicationName: 'test', connections: 2 });
});

afterAll(async () => {
  await db.close();
  await testDatabase.drop();
});

async function idsFor(query: Record<string, string>): Promise<number[]> {
  const { where, values, order, offset, limit } = buildListSql(parseListQuery(query), shape, 2);
  const page = `ORDER BY ${orderSql(order)} LIMIT ${limit ?? 'ALL'} OFFSET ${offset}`;
  const text = `SELECT t.id FROM ${rows} WHERE $1::boolean AND ${where} ${page}`;
  return (await db.rows<{ id: number }>(sql(text, true, ...values))).map(({ id }) => id);
}

describe('list SQL on PostgreSQL', () => {
  it.each<[string, number[]]>([
    ['', [1, 2, 3, 4]],
    ['name=Library', [1]],
    ['name=library', []],
    ['name=~LIB', [1]],
    ['name=~0%25_', [2]],
    ['name=~f\\x', [2]],
    ['name=~_i', []],
    ['name=007', [3]],
    ['name=7', []],
    ["name=it's 库", [4]],
    ["name=x'; DROP TABLE project; --", []],
    ['name={Library 007}', [1, 3]],
    ['name=(Library 007)', []],
    ['number=[2~3]', [2, 3]],
    ['number={1 4 99999999999}', [1, 4]],
    ['number=~3', [3]],
    ['number=-9223372036854775808', []],
    ['time=2020-01-01T00:00:00', [1]],
    ['time=[2020-01-01~2021-06-01 12:00:00]', [1, 2]],
    ['time=[~0001-01-01]', [3]],
    ['time=9999-12-31T23:59:59', [4]],
    ['time=~2021', [2]],
    ['flag=true', [1, 4]],
    ['flag={false}', [2]],
    ['flag=[false~]', [1, 2, 4]],
    ['name=~i,number=[2~]', [4]],
  ])('%s', async (q, ids) => {
    expect(await idsFor({ q })).toEqual(ids);
  });

  it('orders and pages without overlap', async () => {
    expect(await idsFor({ sort: '-number' })).toEqual([4, 3, 2, 1]);
    expect(await idsFor({ sort: 'flag', page_size: '3' })).toEqual([2, 1, 4]);
    expect(await idsFor({ sort: 'flag', page_size: '3', page: '2' })).toEqual([3]);
    expect(await idsFor({ page_size: '0', page: '9' })).toEqual([1, 2, 3, 4]);
    expect(await idsFor({ page: '90071992547409', page_size: '100' })).toEqual([]);
  });

  it('takes whatever the parser lets through', async () => {
    const pieces = [
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
      '_',
      ' ',
      'a',
      '1',
      '-',
      ';',
      '$1',
      '--',
      ':',
      '2020-01-01',
      'true',
      '库',
      '\x01',
      '\ud800',
    ];
    let seed = 7;
    const pick = <T>(list: readonly T[]): T => {
      seed = (seed * 48_271) % 2_147_483_647;
      return list[seed % list.length]!;
    };
    const frames: ((inner: string) => string)[] = [
      (inner) => inner,
      (inner) => `~${inner}`,
      (inner) => `[${inner}~]`,
      (inner) => `{${inner}}`,
    ];
    let accepted = 0;
    for (let round = 0; round < 1_000; round++) {
      const inner = Array.from({ length: (round % 6) + 1 }, () => pick(pieces)).join('');
      const q = `${pick(Object.keys(shape.fields))}=${pick(frames)(inner)}`;
      try {
        await idsFor({ q, sort: inner });
        accepted += 1;
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'BAD_REQUEST')) throw error;
      }
    }
    expect(accepted).toBeGreaterThan(200);
  });
});
