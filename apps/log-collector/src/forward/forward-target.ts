import type { LogLine } from '../line/log-line.js';

/** A line on its way to somebody else, with a name of its own. */
export interface ForwardedLine extends LogLine {
  id: string;
}

/** Where lines are passed on to. */
export interface ForwardTarget {
  name: string;
  /** The only services whose lines it wants; absent for all. */
  services?: readonly string[];
  /**
   * Resolves when the other side has taken all of them.
   * @throws RefusedLines when it never will; anything else means that it is tried again
   */
  send(lines: readonly ForwardedLine[], signal: AbortSignal): Promise<void>;
}

/** The other side has looked at the lines and does not want them. */
export class RefusedLines extends Error {
  override readonly name = 'RefusedLines';
}
