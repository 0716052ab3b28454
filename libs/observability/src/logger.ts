import { pino, type Logger } from 'pino';

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
 * @param service name that every line carries
 */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretPaths, censor: '[redacted]' },
  });
}
