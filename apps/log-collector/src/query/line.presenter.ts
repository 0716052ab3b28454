import type { FoundLine, LogPage } from './log-search.js';
import { formatPosition } from './position.js';

/** RFC 3339 in UTC with microseconds. */
function timeText(micros: number): string {
  const date = new Date(Math.floor(micros / 1_000));
  if (Number.isNaN(date.getTime())) return String(micros);
  return `${date.toISOString().slice(0, -1)}${String(micros % 1_000).padStart(3, '0')}Z`;
}

/** A line as JSON has it. */
export function presentLine({ position, time, labels, message, claimedTime, isTruncated }: FoundLine) {
  return {
    id: formatPosition(position),
    time: timeText(time),
    labels,
    message,
    ...(claimedTime === null ? {} : { out_of_order: true, claimed_time: timeText(claimedTime) }),
    ...(isTruncated ? { truncated: true } : {}),
  };
}
export type PresentedLine = ReturnType<typeof presentLine>;

export interface PresentedPage {
  lines: PresentedLine[];
  /** Cursor of the next page; null when there is none. */
  next: string | null;
}

export const presentPage = ({ lines, next }: LogPage): PresentedPage => ({
  lines: lines.map(presentLine),
  next: next === null ? null : formatPosition(next),
});
