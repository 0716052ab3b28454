import { runtimeKeys, type RuntimeKeyName } from '@haven/config';
import { isRuntimeKey } from './configuration-rules.js';

/** The settings as they are at one moment. */
export interface ConfigurationView {
  value: (key: RuntimeKeyName) => unknown;
  /** Keys that cannot be changed (any more). */
  locked: ReadonlySet<RuntimeKeyName>;
}

/** Not in Harbor's description of the public answer. */
const internalOnly: ReadonlySet<RuntimeKeyName> = new Set([
  'scan_all_policy',
  'pull_time_update_disable',
  'pull_count_update_disable',
  'pull_audit_log_disable',
]);

export const allKeys: readonly RuntimeKeyName[] = Object.keys(runtimeKeys).filter(isRuntimeKey);

/** Harbor's InternalConfigurationsResponse; secrets are told to nobody. */
export const presentInternalConfiguration = ({ value, locked }: ConfigurationView, keys = allKeys): object =>
  Object.fromEntries(
    keys
      .filter((key) => runtimeKeys[key].type !== 'secret')
      .map((key) => [key, { value: value(key), editable: !locked.has(key) }]),
  );

/** Harbor's ConfigurationsResponse. */
export const presentConfiguration = (view: ConfigurationView): object =>
  presentInternalConfiguration(
    view,
    allKeys.filter((key) => !internalOnly.has(key)),
  );
