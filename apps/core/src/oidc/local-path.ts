import { Errors } from '@haven/errors';

const longest = 2_048;
/** One slash, then none that a browser would take for a second one; nothing that it would leave out or read otherwise. */
const localPath = /^\/(?![/\\])[!-[\]-~]*$/;

/** Where to go after a log-in: a path of ours, never somebody else's site. @throws AppError BAD_REQUEST */
export function requireLocalPath(path: string): string {
  if (path.length > longest || !localPath.test(path)) {
    throw Errors.badRequest('redirect_url is invalid: it must be a path of this site');
  }
  return path;
}
