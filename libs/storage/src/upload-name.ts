import { Errors } from '@haven/errors';

const uploadId = /^[0-9a-z][0-9a-z-]{7,63}$/;
const removalName = /^[0-9a-z][0-9a-z-]{0,159}$/;

/**
 * The file name of an upload, `<id>.<epoch>`. Ids are lower-case letters, digits and hyphens, such as UUIDs.
 * The id comes out of a client's URL, so another form is simply an upload that does not exist: BLOB_UPLOAD_UNKNOWN.
 */
export function uploadName(id: string, epoch: number): string {
  if (!uploadId.test(id)) throw Errors.blobUploadUnknown();
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError('an epoch is a whole number');
  return `${id}.${epoch}`;
}

/** Checks a name that the ledger gave to removed data. */
export function checkRemovalName(name: string): string {
  if (!removalName.test(name)) throw new RangeError('not a name for removed data');
  return name;
}
