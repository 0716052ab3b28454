import { pino, type DestinationStream, type Logger } from 'pino';
import { activeTracing } from './tracing/tracing.js';

export type { Logger };

/** Header and field names whose values never reach a log. */
const secretPaths = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  '*.password',
  '*.secret',
  '*.token',
  '*.authorization',
  '*.cookie',
];

/**
 * The logger of one service: JSON lines on stdout, one constant phrase as the message and everything variable in fields.
 * Made after tracing has begun, it says which trace a line belongs to.
 * @param service name that every line carries
 * @param destination stdout unless a test wants to read along
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const tracing = activeTracing();
  const options = {
    level,
    base: { service },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretPaths, censor: '[redacted]' },
    ...(tracing === null ? {} : { mixin: () => tracing.logFields() }),
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
