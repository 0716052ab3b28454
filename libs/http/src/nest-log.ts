import type { LoggerService } from '@nestjs/common';
import type { ErrorLog } from './error-responder.js';

/** Puts what Nest says about itself into the service's log; its chatter while starting is for debugging. */
export function nestLog(log: ErrorLog): LoggerService {
  const line =
    (level: keyof ErrorLog) =>
    (said: unknown, ...context: unknown[]): void => {
      const fields = Error.isError(said) ? { err: said } : { said };
      log[level]({ ...fields, context }, 'nest');
    };
  return { log: line('debug'), debug: line('debug'), verbose: line('debug'), warn: line('warn'), error: line('error') };
}
