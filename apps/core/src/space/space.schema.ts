import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';
import { isDigest, type Digest } from '@haven/oci';

/** Reads which digest is asked about. @throws AppError BAD_REQUEST */
export function askedDigest(params: unknown): Digest {
  const digest = textParam(params, 'digest') ?? '';
  if (!isDigest(digest)) throw Errors.badRequest('digest is such as sha256:… with 64 hexadecimal digits');
  return digest;
}
