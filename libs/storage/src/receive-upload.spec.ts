import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { digestOf } from '@haven/oci';
import { batchSizeBytes } from './batch-sink.js';
import { ByteBudget } from './byte-budget.js';
import { receiveUpload, type ReceiveOptions } from './receive-upload.js';
import { UploadHash } from './upload-hash.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** A file in memory that notes its writes and can be made to fail or to hold. */
class FakeFile {
  content = Buffer.alloc(0);
  writes: { bytes: number; chunks: number }[] = [];
  beforeWrite: (index: number) => Promise<void> | void = () => undefined;

  async write(chunks: readonly Buffer[], offset: number): Promise<void> {
    const bytes = Buffer.concat(chunks);
    await this.beforeWrite(this.writes.length);
    this.writes.push({ bytes: bytes.length, chunks: chunks.length });
    const grown = Buffer.alloc(Math.max(this.content.length, offset + bytes.length));
    this.content.copy(grown);
    bytes.copy(grown, offset);
    this.content = grown;
  }
}

const chunksOf = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

async function* thenFail(chunks: Buffer[], error: Error): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
  throw error;
}

const setUp = (source: AsyncIterable<Buffer>, overrides: Partial<ReceiveOptions> = {}) => {
  const writer = new FakeFile();
  const hash = new UploadHash();
  const budget = new ByteBudget(4 * MiB);
  const options = { source, writer, offset: 0, hashes: [hash], maxBytes: 100 * MiB, budget, ...overrides };
  return { writer, hash, budget: options.budget, options };
};

const until = async (condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('receiveUpload', () => {
  it.each([
    ['nothing', 0, 1],
    ['one byte', 1, 1],
    ['exactly a batch', batchSizeBytes, 64 * KiB],
    ['a batch and a byte', batchSizeBytes + 1, 64 * KiB],
    ['odd chunks', 3 * MiB + 7, 10_007],
    ['one large chunk', 3 * MiB, 3 * MiB],
    ['very small chunks', 5000, 1],
  ])('receives %s', async (_what, size, chunkSize) => {
    const bytes = randomBytes(size);
    const { writer, hash, budget, options } = setUp(Readable.from(chunksOf(Buffer.from(bytes), chunkSize)));
    expect(await receiveUpload(options)).toEqual({ receivedBytes: size, aborted: false });
    expect(writer.content.equals(bytes)).toBe(true);
    expect(hash.digest()).toBe(digestOf(bytes));
    expect(budget.usedBytes).toBe(0);
    expect(writer.writes.every((write) => write.chunks <= 1024 && write.bytes < 2 * batchSizeBytes)).toBe(true);
  });

  it('frees the memory of what is written, and lets that of others be', async () => {
    const shared = Buffer.alloc(2 * KiB, 'a');
    const alone = Buffer.from(new Uint8Array(64 * KiB).buffer);
    const { writer, options } = setUp(Readable.from([alone, shared.subarray(0, KiB)]));
    await receiveUpload(options);
    expect(writer.content.length).toBe(65 * KiB);
    expect(alone.buffer.byteLength).toBe(0);
    expect(shared.toString()).toBe('a'.repeat(2 * KiB));
  });

  it('goes on at an offset, with every hash', async () => {
    const [head, tail] = [Buffer.from('head'), Buffer.from('tail')];
    const hashes = [new UploadHash(), new UploadHash('sha512')];
    for (const hash of hashes) hash.update(head);
    const { writer, options } = setUp(Readable.from([tail]), { offset: 4, hashes });
    await writer.write([head], 0);
    await receiveUpload(options);
    expect(writer.content.toString()).toBe('headtail');
    expect(hashes.map((hash) => hash.digest())).toEqual([
      digestOf(Buffer.from('headtail')),
      digestOf(Buffer.from('headtail'), 'sha512'),
    ]);
  });

  it('keeps what came before the client went away', async () => {
    const bytes = randomBytes(700 * KiB);
    const error = new Error('reset');
    const { writer, hash, budget, options } = setUp(thenFail(chunksOf(bytes, 64 * KiB), error));
    expect(await receiveUpload(options)).toEqual({ receivedBytes: bytes.length, aborted: true, error });
    expect(writer.content.equals(bytes)).toBe(true);
    expect(hash.digest()).toBe(digestOf(bytes));
    expect(budget.usedBytes).toBe(0);
  });

  it('counts and hashes only what was written before the disk failed', async () => {
    const bytes = randomBytes(2 * MiB);
    const { writer, hash, budget, options } = setUp(Readable.from(chunksOf(bytes, 64 * KiB)));
    const error = new Error('disk');
    writer.beforeWrite = (index) => {
      if (index === 2) throw error;
    };
    expect(await receiveUpload(options)).toEqual({ receivedBytes: 2 * batchSizeBytes, aborted: false, error });
    expect(hash.digest()).toBe(digestOf(bytes.subarray(0, 2 * batchSizeBytes)));
    expect(budget.usedBytes).toBe(0);
  });

  it('tells of a disk that fails at the very end', async () => {
    const { writer, options } = setUp(Readable.from([Buffer.from('abc')]));
    const error = new Error('disk');
    writer.beforeWrite = () => {
      throw error;
    };
    expect(await receiveUpload(options)).toEqual({ receivedBytes: 0, aborted: false, error });
  });

  it('refuses more than it may take, and leaves the source to be drained', async () => {
    const source = Readable.from(chunksOf(randomBytes(MiB), 64 * KiB), { autoDestroy: false });
    const { options } = setUp(source, { maxBytes: 200 * KiB });
    const received = await receiveUpload(options);
    expect(received).toMatchObject({ receivedBytes: 192 * KiB, aborted: false });
    expect(received.error).toMatchObject({ code: 'REQUEST_ENTITY_TOO_LARGE' });
    expect(source.destroyed).toBe(false);
    const ended = new Promise((resolve) => source.once('end', resolve));
    source.resume();
    await ended;
  });

  it('takes exactly as much as it may', async () => {
    const { options } = setUp(Readable.from([Buffer.alloc(10)]), { maxBytes: 10 });
    expect(await receiveUpload(options)).toEqual({ receivedBytes: 10, aborted: false });
  });

  it('stops waiting for a silent client when the signal fires, and keeps what came', async () => {
    const source = new Readable({ read: () => undefined });
    source.push(Buffer.from('abc'));
    const controller = new AbortController();
    const { writer, options, budget } = setUp(source, { signal: controller.signal });
    const receiving = receiveUpload(options);
    await until(() => budget.usedBytes === 3);
    const reason = new Error('shutting down');
    controller.abort(reason);
    expect(await receiving).toEqual({ receivedBytes: 3, aborted: true, error: reason });
    expect(writer.content.toString()).toBe('abc');
    expect(source.destroyed).toBe(false);
  });

  it('does not begin when the signal has fired', async () => {
    const reason = new Error('gone');
    const { options } = setUp(Readable.from([Buffer.from('abc')]), { signal: AbortSignal.abort(reason) });
    expect(await receiveUpload(options)).toEqual({ receivedBytes: 0, aborted: true, error: reason });
  });

  it('stops waiting for the budget when the signal fires', async () => {
    const budget = new ByteBudget(MiB);
    await budget.take(MiB);
    const controller = new AbortController();
    const { options } = setUp(Readable.from([Buffer.from('abc')]), { budget, signal: controller.signal });
    const receiving = receiveUpload(options);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('gone'));
    expect(await receiving).toMatchObject({ receivedBytes: 0, aborted: true });
    expect(budget.usedBytes).toBe(MiB);
  });

  it('holds no more than two batches while the disk does not come back', async () => {
    const opened = Promise.withResolvers<undefined>();
    const { writer, budget, options } = setUp(Readable.from(chunksOf(randomBytes(3 * MiB), 64 * KiB)));
    writer.beforeWrite = () => opened.promise;
    const receiving = receiveUpload(options);
    await until(() => budget.usedBytes >= 2 * batchSizeBytes);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(budget.usedBytes).toBe(2 * batchSizeBytes);
    opened.resolve(undefined);
    expect(await receiving).toEqual({ receivedBytes: 3 * MiB, aborted: false });
  });

  it('gives bytes back while a client dawdles', async () => {
    const source = new Readable({ read: () => undefined });
    source.push(Buffer.from('abc'));
    const { writer, budget, options } = setUp(source);
    const receiving = receiveUpload(options);
    await until(() => budget.usedBytes === 3);
    await until(() => budget.usedBytes === 0);
    expect(writer.content.toString()).toBe('abc');
    source.push(null);
    expect(await receiving).toEqual({ receivedBytes: 3, aborted: false });
  });

  it('lets many uploads through a budget that holds one batch', async () => {
    const budget = new ByteBudget(batchSizeBytes);
    const uploads = Array.from({ length: 20 }, () => {
      const bytes = randomBytes(MiB + 13);
      return { bytes, ...setUp(Readable.from(chunksOf(bytes, 50_000)), { budget }) };
    });
    const received = await Promise.all(uploads.map(({ options }) => receiveUpload(options)));
    expect(received.every(({ receivedBytes }) => receivedBytes === MiB + 13)).toBe(true);
    expect(
      uploads.every(({ writer, bytes, hash }) => writer.content.equals(bytes) && hash.digest() === digestOf(bytes)),
    ).toBe(true);
    expect(budget.usedBytes).toBe(0);
  });
});
