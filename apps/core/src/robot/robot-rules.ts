import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { RobotGrant } from '@haven/auth';
import { Errors } from '@haven/errors';
import { isRobotPermission } from '@haven/rbac';
import type { RequestedPermissions } from './robot.schema.js';

/** Of the system, or of one project. */
export type RobotLevel = 'system' | 'project';

const namePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const longestName = 255;

/** @returns the name @throws AppError BAD_REQUEST */
export function requireRobotName(name: string): string {
  if (namePattern.test(name) && name.length <= longestName) return name;
  throw Errors.badRequest(`robot name is not in lower case or contains illegal characters: ${JSON.stringify(name)}`);
}

/** @returns the level @throws AppError BAD_REQUEST */
export function requireLevel(level: string): RobotLevel {
  if (level === 'system' || level === 'project') return level;
  throw Errors.badRequest(`bad request error level input: ${JSON.stringify(level)}`);
}

/** In days; -1 is for ever. @throws AppError BAD_REQUEST, also for 0, so that nobody gets "for ever" by leaving it out */
export function requireDuration(days: number): number {
  if (days === -1 || (days > 0 && days < 2 ** 31 - 1)) return days;
  throw Errors.badRequest(`bad request error duration input: ${days}, it must be -1 or a positive number of days`);
}

const secondsPerDay = 86_400;

/** Seconds since 1970, or -1 for never. */
export const expiryOf = (since: Date, durationDays: number): number =>
  durationDays === -1 ? -1 : Math.floor(since.getTime() / 1000) + durationDays * secondsPerDay;

/** Reads what a request grants. @throws AppError BAD_REQUEST for what no robot can be given */
export function requestedGrants(level: RobotLevel, permissions: RequestedPermissions): RobotGrant[] {
  const blocks = permissions ?? [];
  if (blocks.length === 0) throw Errors.badRequest('bad request empty permission');
  if (level === 'project' && blocks.length > 1) throw Errors.badRequest('bad request permission');
  return blocks.flatMap(({ kind, namespace, access }) => {
    if (kind !== 'system' && kind !== 'project')
      throw Errors.badRequest(`bad request error kind: ${JSON.stringify(kind)}`);
    const isOutside = kind === 'system' ? namespace !== '/' : namespace === '' || namespace === '/';
    if (isOutside || (level === 'project' && (kind === 'system' || namespace === '*'))) {
      throw Errors.badRequest(
        `bad request permission: a robot of this level has none of kind ${kind} in ${JSON.stringify(namespace)}`,
      );
    }
    const actions = access ?? [];
    if (actions.length === 0) throw Errors.badRequest('bad request empty access');
    return actions.map(({ resource, action, effect }) => {
      if (!isRobotPermission(kind, resource, action) || (effect !== '' && effect !== 'allow')) {
        throw Errors.badRequest(`bad request permission: ${resource}:${action}`);
      }
      return { kind, namespace, resource, action };
    });
  });
}

/** Whether a robot that makes another one hands on nothing that it does not have. */
export const isWithin = (wanted: readonly RobotGrant[], own: readonly RobotGrant[]): boolean =>
  wanted.every((grant) =>
    own.some(
      ({ kind, namespace, resource, action }) =>
        kind === grant.kind &&
        (namespace === grant.namespace || (kind === 'project' && namespace === '*')) &&
        resource === grant.resource &&
        action === grant.action,
    ),
  );

const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const digits = '0123456789';
const secretLength = 32;

/** Letters and digits, some of each kind, so that it passes every rule for passwords. About 190 bits. */
export function newSecret(): string {
  for (;;) {
    const all = lower + upper + digits;
    const secret = Array.from({ length: secretLength }, () => all.charAt(randomInt(all.length))).join('');
    if (isStrongSecret(secret)) return secret;
  }
}

/** Harbor's rule for secrets that people choose: 8 to 128 characters, with an upper case letter, a lower case one and a digit. */
export const isStrongSecret = (secret: string): boolean =>
  secret.length >= 8 && secret.length <= 128 && /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /\d/.test(secret);

export interface StoredSecret {
  salt: string;
  secret: string;
}

/** Salted SHA-256, in hexadecimal digits. */
export const hashSecret = (secret: string, salt: string): string =>
  createHash('sha256').update(salt).update(secret).digest('hex');

export function storeSecret(secret: string): StoredSecret {
  const salt = randomBytes(16).toString('hex');
  return { salt, secret: hashSecret(secret, salt) };
}
