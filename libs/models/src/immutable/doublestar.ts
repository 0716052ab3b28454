/** Where in a name a pattern may have got to. */
type Places = ReadonlySet<number>;
type Step = (name: string, from: Places) => Places;

/** Tells of a name whether the pattern matches all of it. */
export type NameTest = (name: string) => boolean;

/**
 * Compiles a doublestar pattern: `*` and `?` stay inside one part of a name, `**` as a part of its own stands for any
 * number of parts, `[a-z]` and `[^a-z]` for one character, `{a,b}` for either, and `\` takes the next character as it is.
 * All ways to match are followed together, so that no pattern takes longer than its length times that of the name.
 * @returns null for what is no pattern
 */
export function compileDoublestar(pattern: string): NameTest | null {
  const step = new PatternReader(pattern).read();
  return step && ((name) => step(name, new Set([0])).has(name.length));
}

const inOrder =
  (steps: readonly Step[]): Step =>
  (name, from) =>
    steps.reduce((places, step) => step(name, places), from);

const either =
  (branches: readonly Step[]): Step =>
  (name, from) =>
    new Set(branches.flatMap((branch) => [...branch(name, from)]));

const oneOf =
  (isFit: (character: string) => boolean): Step =>
  (name, from) =>
    new Set([...from].filter((at) => at < name.length && isFit(name.charAt(at))).map((at) => at + 1));

/** Any number of characters that `isFit` allows. */
const manyOf =
  (isFit: (character: string) => boolean): Step =>
  (name, from) => {
    const places = new Set<number>();
    for (let at of from) {
      // Where another one has been already, it has gone on to the end.
      while (!places.has(at)) {
        places.add(at);
        if (at < name.length && isFit(name.charAt(at))) at += 1;
      }
    }
    return places;
  };

const isInPart = (character: string): boolean => character !== '/';
const anything = manyOf(() => true);
/** What `**` and the slash after it stand for: nothing, or whole parts. */
const wholeParts: Step = (name, from) =>
  new Set([...from, ...[...anything(name, from)].filter((at) => name[at - 1] === '/' && !from.has(at))]);

class PatternReader {
  private at = 0;

  constructor(private readonly pattern: string) {}

  /** @returns null for what is no pattern */
  read(): Step | null {
    return this.sequence('');
  }

  /** Reads up to one of the characters, or to the end of the pattern where none is named. */
  private sequence(ends: string): Step | null {
    const steps: Step[] = [];
    while (this.at < this.pattern.length) {
      if (ends.includes(this.pattern.charAt(this.at))) return inOrder(steps);
      const step = this.step();
      if (step === null) return null;
      steps.push(step);
    }
    return ends === '' ? inOrder(steps) : null;
  }

  private step(): Step | null {
    const start = this.at;
    const character = this.next();
    if (character === '*') return this.stars(start);
    if (character === '?') return oneOf(isInPart);
    if (character === '[') return this.characters();
    if (character === '{') return this.branches();
    const literal = character === '\\' ? this.next() : character;
    return literal === '' ? null : oneOf((other) => other === literal);
  }

  private stars(start: number): Step {
    while (this.pattern[this.at] === '*') this.at += 1;
    const isPart = /(^|[/{,])$/.test(this.pattern.slice(0, start)) && /^([/},]|$)/.test(this.pattern.slice(this.at));
    if (this.at - start < 2 || !isPart) return manyOf(isInPart);
    if (this.pattern[this.at] !== '/') return anything;
    this.at += 1;
    return wholeParts;
  }

  private characters(): Step | null {
    const isNegative = this.pattern[this.at] === '^';
    if (isNegative) this.at += 1;
    const ranges: [first: string, last: string][] = [];
    while (this.pattern[this.at] !== ']') {
      const first = this.literal();
      const isRange = this.pattern[this.at] === '-';
      if (isRange) this.at += 1;
      const last = isRange ? this.literal() : first;
      if (first === '' || last === '') return null;
      ranges.push([first, last]);
    }
    this.at += 1;
    const isListed = (other: string): boolean => ranges.some(([first, last]) => first <= other && other <= last);
    return ranges.length === 0 ? null : oneOf((other) => isInPart(other) && isListed(other) !== isNegative);
  }

  private branches(): Step | null {
    const branches: Step[] = [];
    do {
      const branch = this.sequence(',}');
      if (branch === null) return null;
      branches.push(branch);
    } while (this.next() === ',');
    return either(branches);
  }

  private literal(): string {
    const character = this.next();
    return character === '\\' ? this.next() : character;
  }

  /** @returns an empty text at the end of the pattern */
  private next(): string {
    const character = this.pattern.charAt(this.at);
    this.at += 1;
    return character;
  }
}
