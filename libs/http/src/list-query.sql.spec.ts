import { AppError } from '@haven/errors';
import { parseListQuery } from './list-query.js';
import { buildListSql, orderSql, type ListShape, type ListSql } from './list-query.sql.js';

const shape: ListShape = {
  fields: {
    name: { column: 'p.name', type: 'string' },
    project_id: { column: 'p.project_id', type: 'int' },
    creation_time: { column: 'p.creation_time', type: 'time' },
    public: { column: 'm.public', type: 'bool' },
  },
  defaultSort: '-creation_time',
  idColumn: 'p.project_id',
};

const build = (q: string, sort = '', first = 1): ListSql => buildListSql(parseListQuery({ q, sort }), shape, first);

const where = (q: string): [string, unknown[]] => {
  const sql = build(q);
  return [sql.where, sql.values];
};

const codeOf = (q: string): string => {
  try {
    build(q);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

describe('where', () => {
  it.each<[string, string, unknown[]]>([
    ['', 'TRUE', []],
    ['name=a', 'p.name = $1::text', ['a']],
    ['name=007', 'p.name = $1::text', ['007']],
    ['name=2020-01-01T00:00:00', 'p.name = $1::text', ['2020-01-01T00:00:00']],
    ['name=~a', 'p.name ILIKE $1', ['%a%']],
    ['name=~50%_\\', 'p.name ILIKE $1', ['%50\\%\\_\\\\%']],
    ['name=[a~c]', 'p.name >= $1::text AND p.name <= $2::text', ['a', 'c']],
    ['name={a b}', 'p.name = ANY($1::text[])', [['a', 'b']]],
    ['name={}', 'TRUE', []],
    ['ProjectID=5', 'p.project_id = $1::bigint', ['5']],
    ['CreationTime=[2020-01-01~]', 'p.creation_time >= $1::timestamptz', ['2020-01-01T00:00:00.000Z']],
    ['Name=a', 'p.name = $1::text', ['a']],
    ['name=(a b)', 'p.name = $1::text AND p.name = $2::text', ['a', 'b']],
    ['name=()', 'TRUE', []],
    ['project_id=5', 'p.project_id = $1::bigint', ['5']],
    ['project_id="5"', 'p.project_id = $1::bigint', ['5']],
    ['project_id=-007', 'p.project_id = $1::bigint', ['-7']],
    ['project_id=9223372036854775807', 'p.project_id = $1::bigint', ['9223372036854775807']],
    ['project_id=[3~]', 'p.project_id >= $1::bigint', ['3']],
    ['project_id={1 2}', 'p.project_id = ANY($1::bigint[])', [['1', '2']]],
    ['project_id=~1', 'p.project_id::text ILIKE $1', ['%1%']],
    ['creation_time=2020-01-02T03:04:05', 'p.creation_time = $1::timestamptz', ['2020-01-02T03:04:05.000Z']],
    [
      'creation_time=[2020-01-01~2020-02-01 10:00:00]',
      'p.creation_time >= $1::timestamptz AND p.creation_time <= $2::timestamptz',
      ['2020-01-01T00:00:00.000Z', '2020-02-01T10:00:00.000Z'],
    ],
    ['creation_time=2020-01-01T00:00:00.5-02:00', 'p.creation_time = $1::timestamptz', ['2020-01-01T02:00:00.500Z']],
    ['public=true', 'm.public = $1::boolean', ['true']],
    ['public={TRUE f}', 'm.public = ANY($1::boolean[])', [['true', 'false']]],
    ['name=a,project_id=5', 'p.name = $1::text AND p.project_id = $2::bigint', ['a', '5']],
    // Keys that are not in the shape ask nothing, whatever they look like.
    ['owner=a', 'TRUE', []],
    ['constructor=a,__proto__=b,toString=c', 'TRUE', []],
    ['name__icontains=a', 'TRUE', []],
    ['name)--=a', 'TRUE', []],
  ])('%s', (q, condition, values) => {
    expect(where(q)).toEqual([condition, values]);
  });

  it.each([
    'project_id=five',
    'project_id=5.0',
    'project_id=0x5',
    'project_id=""',
    'project_id=9223372036854775808',
    'project_id={1 two}',
    'project_id=[a~]',
    'project_id=1;DROP TABLE project',
    'creation_time=5',
    'creation_time=yesterday',
    'creation_time=2020-02-30',
    'creation_time=2020-13-01T00:00:00',
    'creation_time=2020-01-01T25:00:00',
    'creation_time=0000-01-01',
    'creation_time=0001-01-01T00:00:00%2B14:00',
    'creation_time=9999-12-31T23:59:59-14:00',
    'public=maybe',
    'public=2',
  ])('refuses %s', (q) => {
    expect(codeOf(q)).toBe('BAD_REQUEST');
  });

  it('numbers its parameters from where it is told', () => {
    const sql = build('name=a,project_id=[1~2]', '', 4);
    expect(sql.where).toBe('p.name = $4::text AND p.project_id >= $5::bigint AND p.project_id <= $6::bigint');
    expect(sql.values).toEqual(['a', '1', '2']);
  });

  it('never lets text of the caller into the statement', () => {
    const hostile = `x' OR '1'='1'; DROP TABLE project; -- $1 \\ " %`;
    const statementFor = (text: string, sort: string): string => {
      const terms = [text, `~${text}`, `[${text}~]`, `{${text}}`, `(${text})`];
      const pieces = terms.map((term) => buildListSql(parseListQuery({ q: `name=${term}`, sort }), shape));
      expect(JSON.stringify(pieces.map(({ values }) => values))).toContain(text.slice(0, 1));
      return pieces.map(({ where: condition, order }) => `${condition} ${orderSql(order)}`).join('\n');
    };
    // Values of lists stand between spaces, so the tame text has as many of them.
    const tame = hostile.replace(/[^ ]/g, 'x');
    expect(statementFor(hostile, hostile)).toBe(statementFor(tame, ''));
    expect(build(`name'; DROP TABLE project; --=a`).where).toBe('TRUE');
  });
});

describe('order', () => {
  it.each([
    ['', 'p.creation_time DESC, p.project_id DESC'],
    ['name', 'p.name ASC, p.project_id ASC'],
    ['-name,creation_time', 'p.name DESC, p.creation_time ASC, p.project_id ASC'],
    ['-project_id', 'p.project_id DESC'],
    ['nonsense', 'p.creation_time DESC, p.project_id DESC'],
    ['nonsense,name', 'p.name ASC, p.project_id ASC'],
    ['constructor', 'p.creation_time DESC, p.project_id DESC'],
    ['name; DROP TABLE project', 'p.creation_time DESC, p.project_id DESC'],
  ])('%s', (sort, order) => {
    expect(orderSql(build('', sort).order)).toBe(order);
  });
});

describe('limit', () => {
  it.each([
    [{}, { offset: 0, limit: 10 }],
    [
      { page: '3', page_size: '20' },
      { offset: 40, limit: 20 },
    ],
    [
      { page: '3', page_size: '0' },
      { offset: 0, limit: null },
    ],
    [
      { page: '90071992547409', page_size: '100' },
      { offset: 9_007_199_254_740_800, limit: 100 },
    ],
  ])('%j', (query, limits) => {
    expect(buildListSql(parseListQuery(query), shape)).toMatchObject(limits);
  });
});
