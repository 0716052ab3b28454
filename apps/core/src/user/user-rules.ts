import { Errors } from '@haven/errors';

const isStrong = (secret: string): boolean =>
  secret.length >= 8 &&
  Buffer.byteLength(secret) <= 128 &&
  /[a-z]/.test(secret) &&
  /[A-Z]/.test(secret) &&
  /[0-9]/.test(secret);

/** Harbor's rule for passwords. @throws AppError BAD_REQUEST */
export function requireStrongPassword(password: string): void {
  if (isStrong(password)) return;
  throw Errors.badRequest(
    'the password or secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number',
  );
}

export interface Profile {
  email: string;
  realname: string;
  comment: string;
}

const emailPattern =
  /^(?:[^<>()[\]\\.,;:\s@"]+(?:\.[^<>()[\]\\.,;:\s@"]+)*|".+")@(?:\[\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\]|(?:[a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,})$/;
const forbiddenInNames = /[,"~#%$]/;

/** Lengths are in bytes, as with Harbor. */
const hasLength = (text: string, min: number, max: number): boolean => {
  const bytes = Buffer.byteLength(text);
  return bytes >= min && bytes <= max;
};

export const isEmail = (text: string): boolean => text.length <= 255 && emailPattern.test(text);

/** What Harbor takes for a user name. */
export const isUsername = (text: string): boolean => hasLength(text, 1, 255) && !forbiddenInNames.test(text);

/** @throws AppError BAD_REQUEST */
export function requireProfile({ email, realname, comment }: Profile): void {
  if (email === '') throw Errors.badRequest("email can't be empty");
  if (!isEmail(email)) throw Errors.badRequest('email with illegal format');
  if (!hasLength(realname, 1, 255)) throw Errors.badRequest('realname with illegal length');
  if (forbiddenInNames.test(realname)) throw Errors.badRequest('realname contains illegal characters');
  if (!hasLength(comment, 0, 30)) throw Errors.badRequest('comment with illegal length');
}

/** @throws AppError BAD_REQUEST */
export function requireUsername(username: string): void {
  if (!hasLength(username, 1, 255)) throw Errors.badRequest('username with illegal length');
  if (forbiddenInNames.test(username)) throw Errors.badRequest('username contains illegal characters');
}
