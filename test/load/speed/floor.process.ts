import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

/**
 * The least that taking a blob in can be: one process that writes a body to a file while it hashes it, syncs the file, and
 * answers with the digest. No database, no proxy, nobody to ask. And the least that a pull behind nginx can be: whatever is
 * asked for, nginx is told to send its file.
 */
const [, , folder = '', port = ''] = process.argv;
const batchBytes = 2 ** 20;

async function write(file: FileHandle, batch: readonly Buffer[], position: number): Promise<void> {
  const length = batch.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await file.writev(batch, position);
  if (bytesWritten !== length) throw new Error('the file took less than it was given');
}

/** Lets the next bytes come into memory that is in the processor's cache still. */
function release({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

async function receive(request: IncomingMessage, file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  let writing = Promise.resolve();
  let batch: Buffer[] = [];
  let written: Buffer[] = [];
  let [position, batched] = [0, 0];
  const flush = async (): Promise<void> => {
    await writing;
    written.forEach(release);
    writing = write(file, batch, position);
    // The write runs in another thread; this one hashes the same bytes meanwhile.
    for (const chunk of batch) hash.update(chunk);
    position += batched;
    [written, batch, batched] = [batch, [], 0];
  };
  for await (const chunk of request as AsyncIterable<Buffer>) {
    batch.push(chunk);
    batched += chunk.length;
    if (batched >= batchBytes) await flush();
  }
  if (batched > 0) await flush();
  await writing;
  await file.datasync();
  return hash.digest('hex');
}

createServer({ requestTimeout: 0 }, (request, response) => {
  if (request.method === 'GET') {
    response.setHeader('x-accel-redirect', '/file').end();
    return;
  }
  const path = join(folder, (request.url ?? '').slice(1));
  void open(path, 'w').then(async (file) => {
    response.end(await receive(request, file));
    await file.close();
  });
}).listen(Number(port), '127.0.0.1');
