export { ConfigError, readSettings, type Environment } from './read-settings.js';
export { setting, type Setting } from './setting.js';
export { databaseSettings, settings, tracingSettings, type ListenAddress } from './settings.js';
export { runtimeKeys, type RuntimeKeyName, type RuntimeValue } from './runtime-keys.js';
