import { readFileSync } from 'node:fs';
import { Global, Module } from '@nestjs/common';
import { readSettings, settings, type Environment } from '@haven/config';

const keys = {
  logLevel: settings.logLevel,
  listen: settings.logCollectorListen,
  internalSecret: settings.internalSecret,
  coreUrl: settings.coreUrl,
  root: settings.logRoot,
  followFolder: settings.logFollowFolder,
  syslogUdp: settings.logSyslogUdpListen,
  syslogTcp: settings.logSyslogTcpListen,
  syslogTls: settings.logSyslogTlsListen,
  syslogTlsCertFile: settings.logSyslogTlsCertFile,
  syslogTlsKeyFile: settings.logSyslogTlsKeyFile,
  segmentBytes: settings.logSegmentBytes,
  segmentHours: settings.logSegmentHours,
  retentionDays: settings.logRetentionDays,
  maxBytes: settings.logMaxBytes,
  minFreeBytes: settings.logMinFreeBytes,
  orderWindowSeconds: settings.logOrderWindowSeconds,
  lineBytes: settings.logLineBytes,
  memoryBytes: settings.logMemoryBytes,
  forwardLokiUrl: settings.logForwardLokiUrl,
  forwardElasticsearchUrl: settings.logForwardElasticsearchUrl,
  forwardSyslog: settings.logForwardSyslog,
  outboundReach: settings.outboundReach,
  outboundCaFile: settings.outboundCaFile,
};

/** Reads what the log collector takes from its environment. @throws ConfigError that names every problem */
export function readLogCollectorConfig(environment?: Environment) {
  const { syslogTls, syslogTlsCertFile, syslogTlsKeyFile, ...rest } = readSettings(keys, environment);
  const tls =
    syslogTls === null
      ? null
      : {
          ...syslogTls,
          certificate: readFileSync(syslogTlsCertFile, 'utf8'),
          key: readFileSync(syslogTlsKeyFile, 'utf8'),
        };
  return { ...rest, syslogTls: tls };
}
export type LogCollectorConfig = ReturnType<typeof readLogCollectorConfig>;

/** Injection token of {@link LogCollectorConfig}. */
export const LOG_COLLECTOR_CONFIG = Symbol('log collector config');

@Global()
@Module({
  providers: [{ provide: LOG_COLLECTOR_CONFIG, useFactory: () => readLogCollectorConfig() }],
  exports: [LOG_COLLECTOR_CONFIG],
})
export class LogCollectorConfigModule {}
