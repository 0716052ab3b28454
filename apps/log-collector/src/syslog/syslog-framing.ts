const LF = 10;
const CR = 13;
const SPACE = 32;
const LESS = 60;
const NUL = 0;

/** Longer counts are taken for text. */
const mostCountDigits = 8;

/**
 * Cuts a stream into messages: counted in octets or ended by a line feed (RFC 6587, sections 3.4.1 and 3.4.2), told
 * apart anew for each message. What is longer than the limit is cut there, and its rest passed over.
 */
export class SyslogFraming {
  private rest: Buffer = Buffer.alloc(0);
  /** Bytes of a counted message that is too long, still to come. */
  private toSkip = 0;
  private isSkippingLine = false;

  constructor(
    private readonly mostBytes: number,
    private readonly onFrame: (frame: Buffer) => void,
  ) {}

  /** @param chunk kept only until the next one comes */
  push(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = bytes;
    for (;;) {
      const used = this.take(bytes);
      if (used === 0) break;
      bytes = bytes.subarray(used);
    }
    this.rest = bytes;
  }

  /** What stands there when the stream ends is a message too. */
  end(): void {
    if (this.rest.length > 0 && this.toSkip === 0 && !this.isSkippingLine) this.emit(this.rest);
    this.rest = Buffer.alloc(0);
  }

  /** @returns how many bytes are done with; 0 when more have to come first */
  private take(bytes: Buffer): number {
    if (bytes.length === 0) return 0;
    if (this.toSkip > 0) {
      const skipped = Math.min(this.toSkip, bytes.length);
      this.toSkip -= skipped;
      return skipped;
    }
    if (this.isSkippingLine) {
      const end = bytes.indexOf(LF);
      if (end !== -1) this.isSkippingLine = false;
      return end === -1 ? bytes.length : end + 1;
    }
    const first = bytes[0] ?? 0;
    // Senders that count and end lines as well leave these between their messages.
    if (first === LF || first === CR || first === NUL || first === SPACE) return 1;
    const counted = first >= 49 && first <= 57 ? countOf(bytes) : null;
    if (counted === 'short') return 0;
    return counted === null ? this.takeLine(bytes) : this.takeCounted(bytes, counted.start, counted.length);
  }

  private takeCounted(bytes: Buffer, start: number, length: number): number {
    if (bytes.length >= start + length) {
      this.emit(bytes.subarray(start, start + length));
      return start + length;
    }
    if (bytes.length - start < this.mostBytes) return 0;
    this.onFrame(bytes.subarray(start, start + this.mostBytes));
    this.toSkip = length - this.mostBytes;
    return start + this.mostBytes;
  }

  private takeLine(bytes: Buffer): number {
    const end = bytes.indexOf(LF);
    if (end !== -1) {
      this.emit(bytes.subarray(0, end));
      return end + 1;
    }
    if (bytes.length < this.mostBytes) return 0;
    this.onFrame(bytes.subarray(0, this.mostBytes));
    this.isSkippingLine = true;
    return this.mostBytes;
  }

  private emit(frame: Buffer): void {
    let end = frame.length;
    while (end > 0 && (frame[end - 1] === LF || frame[end - 1] === CR || frame[end - 1] === NUL)) end -= 1;
    if (end > 0) this.onFrame(frame.subarray(0, Math.min(end, this.mostBytes)));
  }
}

/** `MSG-LEN SP` before a `<`: a count. `short` when that cannot be told yet. */
function countOf(bytes: Buffer): { start: number; length: number } | 'short' | null {
  let length = 0;
  let at = 0;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 48 || byte > 57) break;
    if (at === mostCountDigits) return null;
    length = length * 10 + (byte - 48);
  }
  if (at + 1 >= bytes.length) return at < bytes.length && bytes[at] !== SPACE ? null : 'short';
  return bytes[at] === SPACE && bytes[at + 1] === LESS ? { start: at + 1, length } : null;
}
