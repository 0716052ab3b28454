import { AppError, Errors } from '@haven/errors';

/** What an administrator has to look at, by the name of the library's error. */
const explanations: Readonly<Record<string, string>> = {
  InvalidCredentialsError: 'the LDAP directory refuses the search account: check ldap_search_dn and its password',
  NoSuchObjectError: 'the LDAP directory has no such base DN',
  InvalidDNSyntaxError: 'the LDAP directory does not understand a DN of the settings',
  InsufficientAccessError: 'the search account may not read the LDAP directory',
  StrongAuthRequiredError: 'the LDAP directory asks for an encrypted connection: use ldaps://',
  ConfidentialityRequiredError: 'the LDAP directory asks for an encrypted connection: use ldaps://',
  SizeLimitExceededError: 'the LDAP directory gives fewer entries than were found',
};

/** Nobody can tell who somebody is while the directory does not answer. The cause stays for the log. */
export function toUnavailable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const { name = '', code = '' } = Error.isError(cause) ? (cause as NodeJS.ErrnoException) : {};
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code);
  const message =
    explanations[name] ??
    (isTls ? `the certificate of the LDAP directory is not trusted (${code})` : 'the LDAP directory does not answer');
  return Errors.unavailable(message, { cause, headers: { 'Retry-After': '5' } });
}
