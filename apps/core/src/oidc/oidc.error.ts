import { AppError, Errors } from '@haven/errors';
import { OutboundError } from '@haven/outbound';

const longestText = 300;

/** An error and what caused it, from the outside in. */
function* chain(error: unknown): Generator<Error> {
  for (let at = error, depth = 0; Error.isError(at) && depth < 8; at = at.cause, depth += 1) yield at;
}

const fieldOf = (error: Error, name: string): string => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
};

/** A time-out, and keys that were not handed out. */
const silence: ReadonlySet<string> = new Set(['OAUTH_TIMEOUT', 'ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC']);

/** Whether the provider could not be asked, as opposed to having said something. */
export const isUnreachable = (error: unknown): boolean =>
  [...chain(error)].some((at) => at instanceof OutboundError || silence.has(fieldOf(at, 'code')));

/** Whether the provider has taken back what it gave: nothing but a new log-in helps. */
export const isRefusal = (error: unknown): boolean =>
  [...chain(error)].some((at) => fieldOf(at, 'error') === 'invalid_grant');

/** What to answer a browser, or an administrator, about an error of the provider or on the way to it. */
export function toOidcError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const cause = { cause: error };
  const [first = new Error('unknown error'), ...causes] = chain(error);
  if (isUnreachable(error)) {
    const why = [first, ...causes].find((at) => at instanceof OutboundError)?.message ?? 'it did not answer';
    return Errors.unavailable(`the OIDC provider cannot be asked: ${why}`, cause);
  }
  const code = fieldOf(first, 'error');
  const said = code === '' ? first.message : `${code} - ${fieldOf(first, 'error_description')}`;
  return Errors.badRequest(`OIDC: ${said.slice(0, longestText)}`, cause);
}
