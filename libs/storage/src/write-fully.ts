import { Errors } from '@haven/errors';

/** The part of a file handle that `writeFully` needs. */
export interface PositionedFile {
  writev(buffers: readonly Buffer[], position: number): Promise<{ bytesWritten: number }>;
}

/** Writes all of `chunks` at `offset`. A write may take fewer bytes than it was given; the rest is offered again. */
export async function writeFully(file: PositionedFile, chunks: readonly Buffer[], offset: number): Promise<void> {
  let rest = chunks;
  let remaining = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let position = offset;
  while (remaining > 0) {
    const { bytesWritten } = await file.writev(rest, position);
    if (bytesWritten <= 0) throw Errors.unavailable('the blob storage takes no bytes');
    position += bytesWritten;
    remaining -= bytesWritten;
    if (remaining > 0) rest = without(rest, bytesWritten);
  }
}

function without(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let drop = bytes;
  const rest: Buffer[] = [];
  for (const chunk of chunks) {
    if (drop < chunk.length) rest.push(drop === 0 ? chunk : chunk.subarray(drop));
    drop = Math.max(0, drop - chunk.length);
  }
  return rest;
}
