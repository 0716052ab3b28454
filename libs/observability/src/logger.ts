import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import { redacted } from './redacted.js';
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
 * What a line says of an error. Libraries hang all sorts of things on theirs, such as the command that Redis refused with its
 * password: only what is known to be harmless is taken over.
 */
const errorFields = new Set(
  'type message stack code errno syscall address port status statusCode reason severity constraint table column'.split(
    ' ',
  ),
);

const describeError = (error: unknown): unknown => harmless(stdSerializers.err(error as Error));

function harmless(described: unknown): unknown {
  if (typeof described !== 'object' || described === null) return described;
  const { aggregateErrors } = described as { aggregateErrors?: unknown[] };
  return {
    ...Object.fromEntries(Object.entries(described).filter(([name]) => errorFields.has(name))),
    ...(aggregateErrors === undefined ? {} : { aggregateErrors: aggregateErrors.map(harmless) }),
  };
}

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
    serializers: { err: describeError },
    hooks: { streamWrite: redacted },
    ...(tracing === null ? {} : { mixin: () => tracing.logFields() }),
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
