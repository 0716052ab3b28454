/** A small generator of numbers that a seed decides (mulberry32), so that what was found can be found again. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)] as T;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

type Json = Record<string, unknown>;

const hostileTexts: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  'true',
  'null',
  'undefined',
  '../../etc/passwd',
  "'; DROP TABLE project; --",
  '" OR 1=1 --',
  '$1',
  '%00',
  '%zz',
  '\0',
  '\u202e\ud83d\ude00\ufffe',
  '\ud800',
  '<script>alert(1)</script>',
  '*)(uid=*',
  '{{7*7}}',
  '[1~2',
  '{a b',
  '(1 2',
  '=~',
  'k=[~]',
  'name=~%',
  'creation_time=[9999-99-99~]',
  'x'.repeat(300),
  'y'.repeat(5_000),
  '9'.repeat(40),
  '1e309',
  'sha256:short',
  `sha256:${'a'.repeat(64)}`,
  '__proto__',
  'constructor',
];

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  {},
  [[]],
  [null],
  { a: { b: { c: {} } } },
  ['a', 1, null],
];

/** A text for a path or a query: sometimes what belongs there, sometimes something else. */
export const fuzzText = (random: Random, fitting: readonly string[]): string =>
  random.chance(0.6) && fitting.length > 0 ? random.pick(fitting) : random.pick(hostileTexts);

/**
 * A value for a schema of Swagger 2.0: mostly of its type, now and then of any other.
 * @param definitions what `$ref` refers to
 */
export function fuzzValue(
  random: Random,
  schema: Json,
  definitions: Readonly<Record<string, Json>>,
  depth = 0,
): unknown {
  if (depth > 6 || random.chance(0.12)) return random.pick(hostileValues);
  if (typeof schema['$ref'] === 'string') {
    const name = schema['$ref'].split('/').at(-1) ?? '';
    return fuzzValue(random, definitions[name] ?? {}, definitions, depth + 1);
  }
  if (Array.isArray(schema['enum'])) return random.pick(schema['enum']);
  switch (schema['type']) {
    case 'string':
      return fuzzText(random, ['fuzz', 'app', 'v1', 'Fuzz-Passw0rd', 'true', 'fuzz@example.com', 'p', 'g', 'project']);
    case 'integer':
    case 'number':
      return random.pick([0, 1, 2, 3, 5, 30, 100, -1, 999_999, 2 ** 31, 2 ** 53]);
    case 'boolean':
      return random.chance(0.5);
    case 'array': {
      const items = (schema['items'] ?? {}) as Json;
      return Array.from({ length: random.pick([0, 1, 2, 20]) }, () => fuzzValue(random, items, definitions, depth + 1));
    }
    default:
      return fuzzObject(random, schema, definitions, depth);
  }
}

function fuzzObject(random: Random, schema: Json, definitions: Readonly<Record<string, Json>>, depth: number): Json {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>);
  const kept = properties.filter(() => random.chance(0.8));
  const value = Object.fromEntries(
    kept.map(([name, inner]) => [name, fuzzValue(random, inner, definitions, depth + 1)]),
  );
  return random.chance(0.05) ? { ...value, unknown: random.pick(hostileValues) } : value;
}
