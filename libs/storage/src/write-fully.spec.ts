import { writeFully, type PositionedFile } from './write-fully.js';

/** A file that takes at most `limit` bytes at a time. */
class StingyFile implements PositionedFile {
  content = Buffer.alloc(0);
  calls = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  writev(buffers: readonly Buffer[], position: number): Promise<{ bytesWritten: number }> {
    this.calls++;
    const taken = Buffer.concat(buffers).subarray(0, this.limit);
    this.content = Buffer.concat([this.content.subarray(0, position), taken]);
    return Promise.resolve({ bytesWritten: taken.length });
  }
}

const chunks = ['abc', '', 'defg', 'h'].map((text) => Buffer.from(text));

describe('writeFully', () => {
  it.each([
    [1, 8],
    [2, 4],
    [3, 3],
    [5, 2],
    [8, 1],
    [100, 1],
  ])('writes everything to a file that takes %d bytes at a time', async (limit, calls) => {
    const file = new StingyFile(limit);
    await writeFully(file, chunks, 0);
    expect(file.content.toString()).toBe('abcdefgh');
    expect(file.calls).toBe(calls);
  });

  it('begins where it is told', async () => {
    const file = new StingyFile(3);
    await writeFully(file, [Buffer.from('0123')], 0);
    await writeFully(file, chunks, 2);
    expect(file.content.toString()).toBe('01abcdefgh');
  });

  it('writes nothing when there is nothing to write', async () => {
    const file = new StingyFile(3);
    await writeFully(file, [Buffer.alloc(0)], 0);
    expect(file.calls).toBe(0);
  });

  it('gives up on a file that takes nothing', async () => {
    await expect(writeFully(new StingyFile(0), chunks, 0)).rejects.toThrow('takes no bytes');
  });
});
