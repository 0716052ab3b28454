/** What a runtime setting can be. */
interface RuntimeKey<T> {
  fallback: T;
  /** Reads the stored text; null when it does not fit, and the fallback holds. */
  parse(text: string): T | null;
}

const text = (fallback: string): RuntimeKey<string> => ({ fallback, parse: (stored) => stored });
const flag = (fallback: boolean): RuntimeKey<boolean> => ({
  fallback,
  parse: (stored) => (stored === 'true' ? true : stored === 'false' ? false : null),
});
const integer = (fallback: number): RuntimeKey<number> => ({
  fallback,
  parse: (stored) => (/^-?\d+$/.test(stored) ? Number(stored) : null),
});
const choice = <T extends string>(fallback: T, ...others: T[]): RuntimeKey<T> => ({
  fallback,
  parse: (stored) => [fallback, ...others].find((option) => option === stored) ?? null,
});

/** Harbor's user-scope configuration keys that Haven acts on, under Harbor's names and defaults. */
export const configurationKeys = {
  auth_mode: choice('db_auth', 'ldap_auth', 'oidc_auth', 'http_auth', 'uaa_auth'),
  primary_auth_mode: flag(false),
  self_registration: flag(false),
  project_creation_restriction: choice('everyone', 'adminonly'),
  storage_per_project: integer(-1),
  token_expiration: integer(30),
  session_timeout: integer(60),
  read_only: flag(false),
  notification_enable: flag(true),
  banner_message: text(''),
  oidc_name: text(''),
} as const;

export type ConfigurationKey = keyof typeof configurationKeys;
export type ConfigurationValue<K extends ConfigurationKey> = NonNullable<
  ReturnType<(typeof configurationKeys)[K]['parse']>
>;
