import { Errors } from '@haven/errors';

/** Most bytes of a file that is shown. */
export const mostFileBytes = 4 * 1_024 * 1_024;

/** Reads a stream to its end. @throws AppError BAD_REQUEST when it holds more than can be shown */
export async function readFile(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostFileBytes) throw Errors.badRequest('the file is too large to be shown');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
