import { runtimeKeys, type RuntimeKeyName } from '@haven/config';
import { Errors } from '@haven/errors';

/** Harbor's system-scope keys that clients have been seen to send: they come from the environment only. */
const systemKeys: ReadonlySet<string> = new Set([
  ...['admin_initial_password', 'core_url', 'core_local_url', 'jobservice_url', 'registry_url', 'token_service_url'],
  ...['registry_controller_url', 'registry_storage_provider_name', 'ext_endpoint', 'database_type', 'max_job_workers'],
  ...['postgresql_host', 'postgresql_port', 'postgresql_username', 'postgresql_password', 'postgresql_database'],
  ...['postgresql_sslmode', 'with_trivy', 'trivy_adapter_url', 'metric_enable', 'metric_port', 'metric_path'],
  ...['trace_enabled', 'cache_enabled', 'cache_expire_hours', 'gdpr_delete_user', 'gdpr_audit_logs'],
  ...['quota_update_provider', 'robot_scanner_name_prefix', 'beego_max_memory_bytes', 'beego_max_upload_size_bytes'],
]);
const longestTextBytes = 65_536;

export const isRuntimeKey = (key: string): key is RuntimeKeyName => Object.hasOwn(runtimeKeys, key);

const jsonTypes = { string: 'string', secret: 'string', boolean: 'boolean', integer: 'number' } as const;

function textOf(key: RuntimeKeyName, value: unknown): string {
  const { type, parse } = runtimeKeys[key];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const fits = typeof value === jsonTypes[type] && text.length <= longestTextBytes && !text.includes('\0');
  if (!fits || parse(text) === null) throw Errors.badRequest(`the value of ${key} is invalid`);
  return text;
}

/**
 * Reads settings from JSON into the texts that are stored. What is null stays as it is; unknown keys are left out, as
 * with Harbor.
 * @param values by key, each of its key's type
 * @param source where they come from, for the error
 * @throws AppError BAD_REQUEST that names the key
 */
export function toStored(values: Readonly<Record<string, unknown>>, source: string): Map<RuntimeKeyName, string> {
  const stored = new Map<RuntimeKeyName, string>();
  for (const [key, value] of Object.entries(values)) {
    if (systemKeys.has(key)) throw Errors.badRequest(`${source}: ${key} cannot be changed while the platform runs`);
    if (isRuntimeKey(key) && value !== null) stored.set(key, textOf(key, value));
  }
  return stored;
}

/** A host and a port, or `tcp://` before them. */
const syslogEndpoint = /^(?:tcp:\/\/)?(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):\d{1,5}$/i;

/**
 * Checks what settings say together.
 * @param changed what is about to be stored
 * @param after any key's value once it is
 * @throws AppError BAD_REQUEST
 */
export function assertConsistent(
  changed: ReadonlyMap<RuntimeKeyName, string>,
  after: (key: RuntimeKeyName) => string,
): void {
  const mode = changed.get('auth_mode');
  if (mode === 'http_auth' || mode === 'uaa_auth') {
    throw Errors.badRequest(`auth_mode ${mode} is not supported: use db_auth, ldap_auth or oidc_auth`);
  }
  if (changed.has('ldap_group_search_filter') && changed.get('ldap_group_search_filter') !== '') {
    if (after('ldap_group_attribute_name') === '' || after('ldap_group_membership_attribute') === '') {
      throw Errors.badRequest(
        'ldap_group_search_filter needs ldap_group_attribute_name and ldap_group_membership_attribute',
      );
    }
  }
  const endpoint = after('audit_log_forward_endpoint');
  if (changed.has('audit_log_forward_endpoint') && endpoint !== '' && !syslogEndpoint.test(endpoint)) {
    throw Errors.badRequest('audit_log_forward_endpoint is not host:port');
  }
  if (after('skip_audit_log_database') === 'true' && endpoint === '') {
    throw Errors.badRequest('skip_audit_log_database needs audit_log_forward_endpoint: the log would be lost');
  }
}
