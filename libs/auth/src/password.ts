import { pbkdf2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);
const deriveLegacy = promisify(pbkdf2);

const cost = { N: 16_384, r: 8, p: 1 };
const saltBytes = 16;
const hashBytes = 32;

/** Hashes a password: `scrypt$N$r$p$salt$hash`, salt and hash in base64. About 40 ms of one core. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, hashBytes, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/** Harbor's PBKDF2 as an import stores it: `harbor-sha256$salt$hex` or `harbor-sha1$salt$hex`. */
async function verifyHarborHash(algorithm: string, salt: string, hex: string, password: string): Promise<boolean> {
  const expected = Buffer.from(hex, 'hex');
  const actual = await deriveLegacy(password, salt, 4096, 16, algorithm);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

async function verifyScrypt(parts: readonly string[], password: string): Promise<boolean> {
  const [N, r, p] = parts.slice(0, 3).map(Number);
  const [salt, hash] = parts.slice(3).map((part) => Buffer.from(part, 'base64'));
  if (N === undefined || r === undefined || p === undefined || salt === undefined || hash === undefined) return false;
  const actual = await derive(password, salt, hash.length, { N, r, p });
  return timingSafeEqual(hash, actual);
}

/** Whether the password is the one that was hashed. False for anything that is no hash, such as an empty column. */
export async function verifyPassword(stored: string, password: string): Promise<boolean> {
  const [scheme, ...parts] = stored.split('$');
  if (scheme === 'scrypt' && parts.length === 5) return verifyScrypt(parts, password);
  const [salt, hex] = parts;
  if (salt === undefined || hex === undefined) return false;
  if (scheme === 'harbor-sha256') return verifyHarborHash('sha256', salt, hex, password);
  if (scheme === 'harbor-sha1') return verifyHarborHash('sha1', salt, hex, password);
  return false;
}

/** Whether a hash should be made anew at the next log-in: another scheme than today's, or another cost. */
export function isOutdatedHash(stored: string): boolean {
  return !stored.startsWith(`scrypt$${cost.N}$${cost.r}$${cost.p}$`);
}
