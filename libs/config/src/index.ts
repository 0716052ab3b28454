export { ConfigError, readSettings, type Environment } from './read-settings.js';
export { setting, type Setting } from './setting.js';
export type { ListenAddress } from './setting-values.js';
export { databaseSettings, tracingSettings } from './setting-groups.js';
export { settings } from './settings.js';
export { runtimeKeys, type RuntimeKeyName, type RuntimeValue } from './runtime-keys.js';
