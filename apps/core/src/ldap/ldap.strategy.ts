import type { IncomingMessage } from 'node:http';
import { tlsOptions, type Outside } from './directory.client.js';
import { toUnavailable } from './ldap.errors.js';
import type { LdapSettings } from './ldap-settings.js';

/**
 * Whether a password is that of an entry of the directory.
 * @throws AppError UNAVAILABLE when the directory does not answer as it should
 */
export type PasswordCheck = (
  settings: LdapSettings,
  outside: Outside,
  entry: { dn: string; password: string },
) => Promise<boolean>;

/** What Passport calls on a strategy that it runs. */
interface Outcome {
  success: () => void;
  fail: () => void;
  error: (error: unknown) => void;
}

/**
 * By passport-ldapauth, run without Passport around it. Who is meant has been found out before: it is given the name of
 * the entry, looks it up once more as it always does, and binds as it. Nothing that a user has typed gets into its filters.
 */
export const bindWithPassport: PasswordCheck = async (settings, outside, { dn, password }) => {
  // Without a password, a directory binds anonymously, and calls that a success (RFC 4513, section 5.1.2).
  if (password === '') return false;
  const { default: Strategy } = await import('passport-ldapauth');
  const { url, timeoutMs, searchDn, searchPassword } = settings;
  const strategy = new Strategy({
    server: {
      ...{ url, timeout: timeoutMs, connectTimeout: timeoutMs, reconnect: false, strictDN: false },
      ...(searchDn === '' ? {} : { bindDN: searchDn, bindCredentials: searchPassword }),
      ...{ searchBase: dn, searchScope: 'base', searchFilter: '(objectClass=*)', searchAttributes: ['1.1'] },
      tlsOptions: tlsOptions(settings, outside),
    },
    credentialsLookup: () => ({ username: dn, password }),
  });
  return new Promise<boolean>((resolve, reject) => {
    const outcome: Outcome = {
      success: () => {
        resolve(true);
      },
      fail: () => {
        resolve(false);
      },
      error: (error) => {
        reject(toUnavailable(error));
      },
    };
    // It reads nothing of a request: name and password are given above.
    Object.assign(strategy, outcome).authenticate(Object.create(null) as IncomingMessage);
  });
};
