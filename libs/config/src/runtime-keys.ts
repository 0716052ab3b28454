/** What a runtime setting can be. */
interface RuntimeKey<T> {
  /** How it is told and taken in JSON. */
  type: 'string' | 'boolean' | 'integer' | 'secret';
  fallback: T;
  /** Reads the stored text; null when it does not fit, and the fallback holds. */
  parse: (text: string) => T | null;
}

const text = (fallback = ''): RuntimeKey<string> => ({ type: 'string', fallback, parse: (stored) => stored });
const nonEmpty = (fallback = ''): RuntimeKey<string> => ({
  type: 'string',
  fallback,
  parse: (stored) => (stored === '' ? null : stored),
});
/** Stored encrypted, never told. */
const secret = (): RuntimeKey<string> => ({ type: 'secret', fallback: '', parse: (stored) => stored });
const flag = (fallback: boolean): RuntimeKey<boolean> => ({
  type: 'boolean',
  fallback,
  parse: (stored) => (stored === 'true' ? true : stored === 'false' ? false : null),
});
const integer = (fallback: number, min = -(2 ** 31), max = 2 ** 31 - 1): RuntimeKey<number> => ({
  type: 'integer',
  fallback,
  parse: (stored) => {
    const number = /^-?\d{1,16}$/.test(stored) ? Number(stored) : NaN;
    return number >= min && number <= max ? number : null;
  },
});
/** Positive, of at most ten digits. */
const duration = (fallback: number): RuntimeKey<number> => integer(fallback, 1, 9_999_999_999);
/** Bytes; -1 is no limit. */
const quota = (fallback: number): RuntimeKey<number> => {
  const bytes = integer(fallback, -1, 2 ** 50);
  return { ...bytes, parse: (stored) => (stored === '0' ? null : bytes.parse(stored)) };
};
const ldapScope = (fallback: number): RuntimeKey<number> => integer(fallback, 0, 2);
const choice = <T extends string>(fallback: T, ...others: T[]): RuntimeKey<T> => ({
  type: 'string',
  fallback,
  parse: (stored) => [fallback, ...others].find((option) => option === stored) ?? null,
});
/** A JSON object of texts. */
const textMap = (fallback: string): RuntimeKey<string> => ({
  type: 'string',
  fallback,
  parse: (stored) => (isTextMap(stored) ? stored : null),
});

function isTextMap(stored: string): boolean {
  try {
    const value: unknown = JSON.parse(stored);
    return (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((entry) => typeof entry === 'string')
    );
  } catch {
    return false;
  }
}

/**
 * Harbor's user-scope configuration keys, under its names and with its defaults. They lie in `properties`, as text, and
 * are changed while the platform runs.
 */
export const runtimeKeys = {
  auth_mode: choice('db_auth', 'ldap_auth', 'oidc_auth', 'http_auth', 'uaa_auth'),
  primary_auth_mode: flag(false),

  ldap_url: nonEmpty(),
  ldap_base_dn: nonEmpty(),
  ldap_uid: nonEmpty('cn'),
  ldap_filter: text(),
  ldap_scope: ldapScope(2),
  ldap_search_dn: text(),
  ldap_search_password: secret(),
  ldap_timeout: integer(5, 1, 300),
  ldap_verify_cert: flag(true),
  ldap_group_base_dn: text(),
  ldap_group_admin_dn: text(),
  ldap_group_attribute_name: text(),
  ldap_group_search_filter: text(),
  ldap_group_search_scope: ldapScope(2),
  ldap_group_membership_attribute: text('memberof'),
  ldap_group_attach_parallel: flag(false),

  oidc_name: text(),
  oidc_endpoint: text(),
  oidc_client_id: text(),
  oidc_client_secret: secret(),
  oidc_groups_claim: text(),
  oidc_admin_group: text(),
  oidc_group_filter: text(),
  oidc_scope: text(),
  oidc_user_claim: text(),
  oidc_verify_cert: flag(true),
  oidc_auto_onboard: flag(false),
  oidc_extra_redirect_parms: textMap('{}'),
  oidc_logout: flag(false),

  uaa_client_id: text(),
  uaa_client_secret: secret(),
  uaa_endpoint: text(),
  uaa_verify_cert: flag(false),

  http_authproxy_endpoint: text(),
  http_authproxy_tokenreview_endpoint: text(),
  http_authproxy_admin_groups: text(),
  http_authproxy_admin_usernames: text(),
  http_authproxy_verify_cert: flag(true),
  http_authproxy_skip_search: flag(false),
  http_authproxy_server_certificate: text(),

  self_registration: flag(false),
  project_creation_restriction: choice('everyone', 'adminonly'),
  quota_per_project_enable: flag(true),
  storage_per_project: quota(-1),
  token_expiration: duration(30),
  session_timeout: duration(60),
  robot_token_duration: duration(30),
  robot_name_prefix: nonEmpty('robot$'),
  read_only: flag(false),
  notification_enable: flag(true),
  banner_message: text(),
  scan_all_policy: text(),

  pull_time_update_disable: flag(false),
  pull_count_update_disable: flag(false),
  pull_audit_log_disable: flag(false),
  scanner_skip_update_pulltime: flag(false),
  audit_log_forward_endpoint: text(),
  skip_audit_log_database: flag(false),
  disabled_audit_log_event_types: text(),
} as const;

export type RuntimeKeyName = keyof typeof runtimeKeys;
export type RuntimeValue<K extends RuntimeKeyName> = NonNullable<ReturnType<(typeof runtimeKeys)[K]['parse']>>;
