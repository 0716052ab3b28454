import { AppError, Errors } from '@haven/errors';
import { toOutboundError, type OutboundReason } from '@haven/outbound';

/** What an administrator has to look at, by the name of the library's error. */
const byName: Readonly<Record<string, string>> = {
  InvalidCredentialsError: 'the LDAP directory refuses the search account: check ldap_search_dn and its password',
  NoSuchObjectError: 'the LDAP directory has no such base DN',
  InvalidDNSyntaxError: 'the LDAP directory does not understand a DN of the settings',
  InsufficientAccessError: 'the search account may not read the LDAP directory',
  StrongAuthRequiredError: 'the LDAP directory asks for an encrypted connection: use ldaps://',
  ConfidentialityRequiredError: 'the LDAP directory asks for an encrypted connection: use ldaps://',
  SizeLimitExceededError: 'the LDAP directory gives fewer entries than were found',
};

const byReason: Readonly<Partial<Record<OutboundReason, string>>> = {
  certificate: 'the certificate of the LDAP directory is not trusted',
  forbidden: 'the LDAP directory has an address that may not be called (HAVEN_OUTBOUND_REACH)',
  unresolved: 'the name of the LDAP directory has no address',
};

/**
 * Nobody can tell who somebody is while the directory does not answer. Anybody may read the message: it does not say
 * where the directory is. The cause stays for the log.
 */
export function toUnavailable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const name = Error.isError(cause) ? cause.name : '';
  const message =
    byName[name] ?? byReason[toOutboundError(cause, 'ldap').reason] ?? 'the LDAP directory does not answer';
  return Errors.unavailable(message, { cause, headers: { 'Retry-After': '5' } });
}
