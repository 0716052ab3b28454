import { Global, Module } from '@nestjs/common';
import { readSettings, settings } from '@haven/config';

const keys = {
  listen: settings.coreListen,
  metricsProjects: settings.metricsProjects,
  redisUrl: settings.redisUrl,
  internalSecret: settings.internalSecret,
  secretKey: settings.secretKey,
  externalUrl: settings.externalUrl,
  registryUrl: settings.registryUrl,
  jobserviceUrl: settings.jobserviceUrl,
  logCollectorUrl: settings.logCollectorUrl,
  registryCheckSeconds: settings.registryCheckSeconds,
  trashDays: settings.trashDays,
  timeWindowHours: settings.gcTimeWindowHours,
  reportDays: settings.reportDays,
  configOverwrite: settings.configOverwrite,
  caFile: settings.caFile,
  outboundReach: settings.outboundReach,
  outboundCaFile: settings.outboundCaFile,
};

export const readCoreConfig = () => readSettings(keys);
export type CoreConfig = ReturnType<typeof readCoreConfig>;

/** Injection token of what core reads from its environment. */
export const CORE_CONFIG = Symbol('core config');

@Global()
@Module({ providers: [{ provide: CORE_CONFIG, useFactory: readCoreConfig }], exports: [CORE_CONFIG] })
export class CoreConfigModule {}
