import { createHash, randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';

/**
 * The least that taking a blob in can be: one process that writes a body to a file while it hashes it, syncs the file, and
 * answers with the digest. No database, and nobody to ask; nothing is there before, and whatever is asked for, nginx is told
 * to send its file.
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
  const { pathname } = new URL(request.url ?? '', 'http://floor');
  switch (request.method) {
    case 'GET':
      response.setHeader('x-accel-redirect', '/file').end();
      return;
    case 'HEAD':
      response.writeHead(404).end();
      return;
    case 'POST':
      response.writeHead(202, { location: join(pathname, randomUUID()) }).end();
      return;
    default:
      void open(join(folder, basename(pathname)), 'w').then(async (file) => {
        const digest = `sha256:${await receive(request, file)}`;
        response.writeHead(201, { 'docker-content-digest': digest }).end();
        await file.close();
      });
  }
}).listen(Number(port), '127.0.0.1');
