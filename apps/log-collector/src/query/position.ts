/** Where a line stands among all others: they are ordered by time, and those of one time by where they were written. */
export interface Position {
  /** Microseconds since 1970. */
  time: number;
  segment: number;
  /** In bytes from the start of the segment. */
  offset: number;
}

export type Direction = 'forward' | 'backward';

export const comparePositions = (a: Position, b: Position): number =>
  a.time - b.time || a.segment - b.segment || a.offset - b.offset;

export const formatPosition = ({ time, segment, offset }: Position): string => `${time}-${segment}-${offset}`;

/** Null when the text is no position. */
export function parsePosition(text: string): Position | null {
  const [, time, segment, offset] = /^(\d{1,16})-(\d{1,16})-(\d{1,16})$/.exec(text) ?? [];
  if (time === undefined) return null;
  return { time: Number(time), segment: Number(segment), offset: Number(offset) };
}
