import { databaseSettings, readSettings, settings, type Environment } from '@haven/config';

const keys = {
  logLevel: settings.logLevel,
  listen: settings.gcListen,
  redisUrl: settings.redisUrl,
  storageRoot: settings.storageRoot,
  timeWindowHours: settings.gcTimeWindowHours,
  blobsPerSecond: settings.gcBlobsPerSecond,
  trashDays: settings.trashDays,
  ledgerDays: settings.ledgerDays,
  scrubOrphanDays: settings.scrubOrphanDays,
  scrubIntegrityDays: settings.scrubIntegrityDays,
  scrubBytesPerSecond: settings.scrubBytesPerSecond,
  scrubFilesPerSecond: settings.scrubFilesPerSecond,
  scrubSafeAgeHours: settings.scrubSafeAgeHours,
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

/** What those of scrubs take from it. */
export type ScrubRules = Pick<GcConfig, 'scrubBytesPerSecond' | 'scrubFilesPerSecond' | 'scrubSafeAgeHours'>;

/** When things come round by themselves. */
export type UpkeepRules = Pick<GcConfig, 'ledgerDays' | 'scrubOrphanDays' | 'scrubIntegrityDays'>;

/** Injection token of {@link GcConfig}. */
export const GC_CONFIG = Symbol('gc config');

/** Injection token of the service's logger. */
export const LOGGER = Symbol('logger');
