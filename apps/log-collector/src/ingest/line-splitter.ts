const LF = 10;
const CR = 13;

/** Cuts a stream into lines. One that is longer than the limit is cut there, and its rest passed over. */
export class LineSplitter {
  private rest: Buffer = Buffer.alloc(0);
  private isSkipping = false;

  constructor(
    private readonly mostBytes: number,
    private readonly onLine: (line: Buffer) => void,
  ) {}

  /** Bytes of a line that has not ended. */
  get pending(): number {
    return this.rest.length;
  }

  push(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      if (!this.isSkipping) this.emit(bytes.subarray(start, end));
      this.isSkipping = false;
      start = end + 1;
    }
    this.rest = this.isSkipping ? Buffer.alloc(0) : bytes.subarray(start);
    if (this.rest.length <= this.mostBytes) return;
    this.emit(this.rest);
    this.rest = Buffer.alloc(0);
    this.isSkipping = true;
  }

  /** A last line may lack its line feed. */
  end(): void {
    this.emit(this.rest);
    this.rest = Buffer.alloc(0);
  }

  private emit(line: Buffer): void {
    const end = line.at(-1) === CR ? line.length - 1 : line.length;
    if (end > 0) this.onLine(line.subarray(0, end));
  }
}
