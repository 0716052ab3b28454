import { Errors } from '@haven/errors';
import type { DigestAlgorithm } from '@haven/oci';
import type { UploadFiles } from './blob-store.js';
import { UploadHash } from './upload-hash.js';

export interface UploadPrefix {
  id: string;
  epoch: number;
  /** Bytes from the start. */
  length: number;
}

/**
 * Hashes what an upload already holds, so that another process may go on where one stopped: the state of a hash cannot be stored.
 * Returns one running hash for each algorithm. Errors: BLOB_UPLOAD_UNKNOWN when the file holds less than `length`.
 */
export async function hashPrefix(
  files: Pick<UploadFiles, 'readUpload'>,
  { id, epoch, length }: UploadPrefix,
  algorithms: readonly DigestAlgorithm[],
  signal?: AbortSignal,
): Promise<UploadHash[]> {
  const hashes = algorithms.map((algorithm) => new UploadHash(algorithm));
  if (length === 0) return hashes;
  let hashed = 0;
  const prefix = await files.readUpload(id, epoch, { range: { start: 0, end: length - 1 }, signal });
  for await (const chunk of prefix as AsyncIterable<Buffer>) {
    for (const hash of hashes) hash.update(chunk);
    hashed += chunk.length;
  }
  if (hashed < length) throw Errors.blobUploadUnknown();
  return hashes;
}
