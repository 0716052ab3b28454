import { databaseSettings, readSettings, settings, type Environment } from '@haven/config';

const keys = {
  logLevel: settings.logLevel,
  listen: settings.gcListen,
  redisUrl: settings.redisUrl,
  storageRoot: settings.storageRoot,
  timeWindowHours: settings.gcTimeWindowHours,
  blobsPerSecond: settings.gcBlobsPerSecond,
  trashDays: settings.trashDays,
  ...databaseSettings,
};

/** Reads what gc-controller takes from its environment. @throws ConfigError that names every problem */
export function readGcConfig(environment?: Environment) {
  const { host, port, name, user, password, tls, caFile, ...rest } = readSettings(keys, environment);
  return { ...rest, database: { host, port, name, user, password, tls, caFile } };
}
export type GcConfig = ReturnType<typeof readGcConfig>;

/** What the rules of collecting take from it. */
export type CollectRules = Pick<GcConfig, 'timeWindowHours' | 'blobsPerSecond' | 'trashDays'>;

/** Injection token of {@link GcConfig}. */
export const GC_CONFIG = Symbol('gc config');

/** Injection token of the service's logger. */
export const LOGGER = Symbol('logger');
