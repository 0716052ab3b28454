import { memoryOf, type Subject } from './subject.ts';
import { median } from '../median.ts';

export type Unit = 'requests/s' | 'images/s' | 'MB/s' | 's' | 'ms' | 'MB';

/** One side of a comparison: what is done, and by whom. */
export interface Contender {
  name: string;
  /** Whose memory is watched meanwhile. */
  subject?: Subject;
  /** One figure, in the unit of the case. Throws when anything that came back was not what it should be. */
  measure: (round: number) => Promise<number>;
}

/** How many times as good one contender shall be as the best of others. */
export interface Goal {
  of: string;
  against: readonly string[];
  atLeast: number;
}

/** One line of the table: the same thing done by several. */
export interface Case {
  title: string;
  unit: Unit;
  contenders: readonly Contender[];
  goals: readonly Goal[];
  /** What the first contender's figure may be at most, in the unit of the case. */
  limit?: number;
}

export interface Figures {
  name: string;
  /** One a round. */
  figures: readonly number[];
  median: number;
  /** The most that its processes had at once, in bytes; undefined where it was not watched. */
  peakMemory: number | undefined;
}

export interface Outcome {
  of: string;
  against: string;
  ratio: number;
  atLeast: number;
  isMet: boolean;
}

export interface CaseResult {
  row: string;
  title: string;
  unit: Unit;
  figures: readonly Figures[];
  outcomes: readonly Outcome[];
  limit: number | undefined;
}

/** Whether less of a unit is better. */
export const isLessBetter = (unit: Unit): boolean => ['s', 'ms', 'MB'].includes(unit);

const memoryEveryMs = 500;

/** Runs every case in every round, and every contender in its turn: a busy moment of the machine falls on all of them. */
export async function measureCases(row: string, cases: readonly Case[], rounds: number): Promise<CaseResult[]> {
  const figures = new Map<Contender, number[]>();
  const peaks = new Map<Contender, number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { title, unit, contenders } of cases) {
      for (const contender of rotated(contenders, round)) {
        const { figure, peak } = await measure(contender, round);
        figures.set(contender, [...(figures.get(contender) ?? []), figure]);
        if (peak !== undefined) peaks.set(contender, Math.max(peak, peaks.get(contender) ?? 0));
        console.error(`  round ${round + 1}: ${title}: ${contender.name}: ${rounded(figure)} ${unit}`);
      }
    }
  }
  return cases.map(({ title, unit, contenders, goals, limit }) => {
    const all = contenders.map((contender): Figures => {
      const own = figures.get(contender) ?? [];
      return { name: contender.name, figures: own, median: median(own), peakMemory: peaks.get(contender) };
    });
    return { row, title, unit, figures: all, outcomes: goals.flatMap((goal) => outcomeOf(goal, unit, all)), limit };
  });
}

/** Three digits are more than such a figure is worth. */
export const rounded = (figure: number): string =>
  figure >= 100 ? Math.round(figure).toLocaleString('en-US') : figure.toPrecision(3);

/** Nobody is always the first. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function measure(
  { subject, measure: work }: Contender,
  round: number,
): Promise<{ figure: number; peak: number | undefined }> {
  if (subject === undefined) return { figure: await work(round), peak: undefined };
  const pids = await subject.pids();
  let peak = 0;
  let looking: Promise<void> = Promise.resolve();
  const look = (): void => {
    looking = memoryOf(pids).then((bytes) => {
      peak = Math.max(peak, bytes);
    });
  };
  const timer = setInterval(look, memoryEveryMs);
  try {
    return { figure: await work(round), peak: await looking.then(() => (peak === 0 ? memoryOf(pids) : peak)) };
  } finally {
    clearInterval(timer);
  }
}

/** Against the best of those that took part; nothing when none did. */
function outcomeOf({ of, against, atLeast }: Goal, unit: Unit, all: readonly Figures[]): Outcome[] {
  const own = all.find(({ name }) => name === of);
  const ratioTo = (other: Figures): number =>
    own === undefined ? Number.NaN : isLessBetter(unit) ? other.median / own.median : own.median / other.median;
  const [best] = all
    .filter(({ name }) => against.includes(name))
    .map((other) => ({ against: other.name, ratio: ratioTo(other) }))
    .toSorted((a, b) => a.ratio - b.ratio);
  return best === undefined ? [] : [{ of, ...best, atLeast, isMet: best.ratio >= atLeast }];
}
