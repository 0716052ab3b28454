/** The block format (google/snappy, format_description.txt) is broken, or holds more than is taken. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError';
}

/** @throws SnappyError */
export function decompressSnappy(bytes: Buffer, mostBytes: number): Buffer {
  const { value: length, at: start } = readLength(bytes);
  if (length > mostBytes) throw new SnappyError('too large');
  const out = Buffer.allocUnsafe(length);
  let at = start;
  let written = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      const extra = Math.max((tag >> 2) - 59, 0);
      const count = extra === 0 ? (tag >> 2) + 1 : littleEndian(bytes, at, extra) + 1;
      at += extra;
      if (at + count > bytes.length || written + count > length) throw new SnappyError('a literal breaks off');
      bytes.copy(out, written, at, at + count);
      [at, written] = [at + count, written + count];
      continue;
    }
    const isShort = kind === 1;
    const count = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const width = isShort ? 1 : kind === 2 ? 2 : 4;
    const offset = littleEndian(bytes, at, width) + (isShort ? (tag >> 5) << 8 : 0);
    at += width;
    if (offset === 0 || offset > written || written + count > length) throw new SnappyError('a copy points nowhere');
    // One by one: what is copied may overlap with what it makes.
    for (let index = 0; index < count; index += 1) out[written + index] = out[written - offset + index] ?? 0;
    written += count;
  }
  if (written !== length) throw new SnappyError('it ends early');
  return out;
}

function littleEndian(bytes: Buffer, at: number, width: number): number {
  if (at + width > bytes.length) throw new SnappyError('it ends early');
  return bytes.readUIntLE(at, width);
}

function readLength(bytes: Buffer): { value: number; at: number } {
  let value = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, at: at + 1 };
  }
  throw new SnappyError('it has no length');
}
