import { databaseSettings, readSettings, settings, type Environment } from '@haven/config';

const keys = {
  logLevel: settings.logLevel,
  listen: settings.registryListen,
  metricsProjects: settings.metricsProjects,
  coreUrl: settings.coreUrl,
  internalSecret: settings.internalSecret,
  externalUrl: settings.externalUrl,
  storageDriver: settings.storageDriver,
  storageRoot: settings.storageRoot,
  storageProjection: settings.storageProjection,
  blobDelivery: settings.blobDelivery,
  uploadMemoryBytes: settings.uploadMemoryBytes,
  manifestCacheBytes: settings.manifestCacheBytes,
  uploadLeaseHours: settings.uploadLeaseHours,
  uploadLifetimeHours: settings.uploadLifetimeHours,
  uploadWriterLeaseSeconds: settings.uploadWriterLeaseSeconds,
  ...databaseSettings,
};

/** Reads what the registry takes from its environment. @throws ConfigError that names every problem */
export function readRegistryConfig(environment?: Environment) {
  const { host, port, name, user, password, tls, caFile, ...rest } = readSettings(keys, environment);
  return { ...rest, database: { host, port, name, user, password, tls, caFile } };
}
export type RegistryConfig = ReturnType<typeof readRegistryConfig>;

/** Injection token of {@link RegistryConfig}. */
export const REGISTRY_CONFIG = Symbol('registry config');

/** Injection token of the service's logger. */
export const LOGGER = Symbol('logger');
