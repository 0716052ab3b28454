import { Global, Module } from '@nestjs/common';
import { readSettings, settings } from '@haven/config';
import { createLogger } from '@haven/observability';

/** Injection token of the service's logger. */
export const LOGGER = Symbol('logger');

@Global()
@Module({
  providers: [
    {
      provide: LOGGER,
      useFactory: () => createLogger('log-collector', readSettings({ level: settings.logLevel }).level),
    },
  ],
  exports: [LOGGER],
})
export class LoggerModule {}
