import type { RuntimeKeyName, RuntimeValue } from '@haven/config';

/** How deep a search goes below its base. */
export type LdapScope = 'base' | 'one' | 'sub';

const scopes: readonly LdapScope[] = ['base', 'one', 'sub'];

/** Where the directory is and how its people and groups are found. */
export interface LdapSettings {
  /** `ldap:` or `ldaps:`, with a port. */
  url: string;
  timeoutMs: number;
  verifyCertificate: boolean;
  /** Under which the directory is searched; anonymously when it is empty. */
  searchDn: string;
  searchPassword: string;
  base: string;
  scope: LdapScope;
  filter: string;
  /** Holds the user name. */
  uidAttribute: string;
  group: {
    base: string;
    scope: LdapScope;
    /** Groups are not looked at when it is empty. */
    filter: string;
    nameAttribute: string;
    /** Of users: holds the names of their groups. */
    membershipAttribute: string;
    /** Its members are system administrators. */
    adminDn: string;
  };
}

/** Reads one runtime setting. */
export type ReadSetting = <K extends RuntimeKeyName>(key: K) => RuntimeValue<K>;

/**
 * `ldap://host:port` of what an administrator has written: the scheme and the port may be absent.
 * @returns null when it is none, and for an IPv6 address, which passport-ldapauth cannot call: a name can stand for one
 */
export function ldapUrl(text: string): string | null {
  const [, scheme, rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/i.exec(text.trim()) ?? [];
  const url = URL.parse(`tcp://${rest}`);
  const isPlain = url !== null && /^\/?$/.test(url.pathname) && `${url.search}${url.hash}${url.username}` === '';
  const isTls = scheme?.toLowerCase() === 'ldaps' || (scheme === undefined && url?.port === '636');
  if (!isPlain || /^$|^\[/.test(url.hostname) || !['ldap', 'ldaps', undefined].includes(scheme?.toLowerCase()))
    return null;
  return `${isTls ? 'ldaps' : 'ldap'}://${url.hostname}:${url.port === '' ? (isTls ? 636 : 389) : url.port}`;
}

/** What is set. @returns null while there is no directory that could be asked */
export function readLdapSettings(value: ReadSetting): LdapSettings | null {
  const url = ldapUrl(value('ldap_url'));
  const base = value('ldap_base_dn');
  if (url === null || base === '') return null;
  const groupBase = value('ldap_group_base_dn').trim();
  return {
    url,
    timeoutMs: value('ldap_timeout') * 1_000,
    verifyCertificate: value('ldap_verify_cert'),
    searchDn: value('ldap_search_dn'),
    searchPassword: value('ldap_search_password'),
    base,
    scope: scopeOf(value('ldap_scope')),
    filter: value('ldap_filter').trim(),
    uidAttribute: value('ldap_uid'),
    group: {
      base: groupBase === '' ? base : groupBase,
      scope: scopeOf(value('ldap_group_search_scope')),
      filter: value('ldap_group_search_filter').trim(),
      nameAttribute: value('ldap_group_attribute_name').trim() || 'cn',
      membershipAttribute: value('ldap_group_membership_attribute').trim() || 'memberof',
      adminDn: value('ldap_group_admin_dn').trim(),
    },
  };
}

/** By Harbor's number. */
export const scopeOf = (number: number): LdapScope => scopes[number] ?? 'sub';
