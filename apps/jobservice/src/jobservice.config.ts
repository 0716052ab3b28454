import { databaseSettings, readSettings, settings, type Environment } from '@haven/config';

const keys = {
  logLevel: settings.logLevel,
  listen: settings.jobserviceListen,
  redisUrl: settings.redisUrl,
  secretKey: settings.secretKey,
  internalSecret: settings.internalSecret,
  registryUrl: settings.registryUrl,
  outboundReach: settings.outboundReach,
  outboundCaFile: settings.outboundCaFile,
  jobWorkers: settings.jobWorkers,
  retentionMaxDeletePercent: settings.retentionMaxDeletePercent,
  webhookTimeoutSeconds: settings.webhookTimeoutSeconds,
  transferWorkers: settings.transferWorkers,
  ...databaseSettings,
};

/** Reads what jobservice takes from its environment. @throws ConfigError that names every problem */
export function readJobserviceConfig(environment?: Environment) {
  const { host, port, name, user, password, tls, caFile, ...rest } = readSettings(keys, environment);
  return { ...rest, database: { host, port, name, user, password, tls, caFile } };
}
export type JobserviceConfig = ReturnType<typeof readJobserviceConfig>;

/** Injection token of {@link JobserviceConfig}. */
export const JOBSERVICE_CONFIG = Symbol('jobservice config');

/** Injection token of the service's logger. */
export const LOGGER = Symbol('logger');
