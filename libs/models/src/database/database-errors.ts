import { AppError, Errors } from '@haven/errors';

/** PostgreSQL's SQLSTATE of an error, if it has one. */
export function sqlState(error: unknown): string | null {
  return Error.isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Name of the constraint that an insert or update broke, if that is what went wrong. */
export function brokenConstraint(error: unknown): string | null {
  const isViolation = sqlState(error)?.startsWith('23') === true;
  return isViolation && Error.isError(error) && 'constraint' in error ? String(error.constraint) : null;
}

/** Deadlock and serialization failure: the transaction did nothing and may be run again. */
export const isRetryable = (error: unknown): boolean => ['40P01', '40001'].includes(sqlState(error) ?? '');

const connectionFaults = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);
/**
 * Statement, lock and idle-in-transaction time-outs, too many connections, server going down or starting; and a transaction
 * that others were in the way of as often as it was tried.
 */
const busyStates = /^(57014|55P03|25P03|53300|57P0[1-5]|08...|40P01|40001)$/;
const poolFaults = /timeout exceeded when trying to connect|Connection terminated|terminating connection|not queryable/;

/** A database that is away or exhausted answers 503 with Retry-After, never a hang and never a bare 500. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const state = sqlState(error) ?? '';
  const message = Error.isError(error) ? error.message : '';
  if (connectionFaults.has(state) || busyStates.test(state) || poolFaults.test(message)) {
    return Errors.unavailable('the database is busy or away, try again', {
      cause: error,
      headers: { 'Retry-After': '2' },
    });
  }
  return error;
}
