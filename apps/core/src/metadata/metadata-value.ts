import { Errors } from '@haven/errors';

type Normalize = (value: string) => string | null;

/** The spellings that Harbor reads as booleans; they are stored as `true` and `false`. */
const boolean: Normalize = (value) => {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return 'true';
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value) ? 'false' : null;
};

const severities = ['none', 'low', 'medium', 'high', 'critical'];

/** A severity of CVSS v3, in lower case; `negligible`, from the time before it, is `none`. */
const severity: Normalize = (value) => {
  const word = value.toLowerCase();
  if (word === 'negligible') return 'none';
  return severities.includes(word) ? word : null;
};

const integer: Normalize = (value) => {
  const number = /^[+-]?\d{1,10}$/.test(value) ? Number(value) : NaN;
  return number >= -(2 ** 31) && number < 2 ** 31 ? String(number) : null;
};

/** A limit on connections: -1 for none, else at least one. */
const connections: Normalize = (value) => {
  const number = integer(value);
  return number !== null && (Number(number) > 0 || number === '-1') ? number : null;
};

/** As the collector reads it. */
const days: Normalize = (value) => (/^\d{1,4}$/.test(value) ? String(Number(value)) : null);

const rules = {
  trash_days: days,
  public: boolean,
  enable_content_trust: boolean,
  enable_content_trust_cosign: boolean,
  prevent_vul: boolean,
  severity,
  auto_scan: boolean,
  auto_sbom_generation: boolean,
  reuse_sys_cve_allowlist: boolean,
  proxy_speed_kb: integer,
  max_upstream_conn: connections,
  proxy_cache_local_on_not_found: boolean,
  proxy_referrer_api: boolean,
} as const satisfies Record<string, Normalize>;

/** Keys that say how a proxy cache project talks to its upstream; other projects do without. */
export const proxyCacheKeys: readonly string[] = [
  'proxy_speed_kb',
  'max_upstream_conn',
  'proxy_cache_filter_pattern',
  'proxy_cache_filter_kind',
];

/**
 * Checks one key of a project's metadata and brings its value into the form in which it is stored.
 * @throws AppError BAD_REQUEST for a key that cannot be set, or a value that the key does not take
 */
export function normalizeMetadata(key: string, value: string): string {
  if (key === 'proxy_cache_filter_pattern' || key === 'proxy_cache_filter_kind') {
    throw Errors.badRequest(`only a proxy cache project takes ${key}`);
  }
  if (!Object.hasOwn(rules, key)) throw Errors.badRequest(`invalid key: ${key}`);
  const normal = rules[key as keyof typeof rules](value);
  if (normal === null) throw Errors.badRequest(`invalid value of ${key}: ${JSON.stringify(value)}`);
  return normal;
}
