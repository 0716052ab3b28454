import type { LabelSet } from '../line/label-set.js';
import { encodeLine, lineRoom, timeLength, type LineMarks } from '../line/log-line.js';
import { emptySummary, type LinesSummary } from './block.js';

const firstBytes = 16 * 1024;
/** A buffer that holds so much is written at once. */
export const fullBytes = 256 * 1024;
const LF = 10;

/** Lines of one service that wait to be written, one after the other in one piece of memory. */
export class LineBuffer {
  readonly summary: LinesSummary = emptySummary();
  private memory = Buffer.allocUnsafeSlow(firstBytes);
  private lastLabels = '';

  get length(): number {
    return this.summary.length;
  }

  get bytes(): Buffer {
    return this.memory.subarray(0, this.summary.length);
  }

  /** @returns bytes that the line takes */
  add(labels: LabelSet, time: number, message: Buffer, marks: LineMarks): number {
    const line = encodeLine(labels, message, marks);
    this.reserve(lineRoom(labels, line.message));
    const { memory, summary } = this;
    const start = summary.length;
    let at = start + memory.write(String(time), start, 'latin1');
    at += line.middle.copy(memory, at);
    at += line.message.copy(memory, at);
    memory[at] = LF;
    summary.length = at + 1;
    summary.lines += 1;
    if (time < summary.minTime) summary.minTime = time;
    if (time > summary.maxTime) summary.maxTime = time;
    if (labels.text !== this.lastLabels) {
      summary.labelSets.add(labels.text);
      this.lastLabels = labels.text;
    }
    return summary.length - start;
  }

  private reserve(bytes: number): void {
    const needed = this.summary.length + bytes + timeLength;
    if (needed <= this.memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.memory.length * 2));
    this.bytes.copy(larger);
    this.memory = larger;
  }
}
