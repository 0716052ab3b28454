import { Errors, type AppError } from '@haven/errors';
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

/** Whether the provider could not be asked, as opposed to having said something. */
export const isUnreachable = (error: unknown): boolean =>
  [...chain(error)].some(
    (at) => at instanceof OutboundError || ['OAUTH_TIMEOUT', 'ERR_JWKS_TIMEOUT'].includes(fieldOf(at, 'code')),
  );

/** Whether the provider has taken back what it gave: nothing but a new log-in helps. */
export const isRefusal = (error: unknown): boolean =>
  [...chain(error)].some((at) => fieldOf(at, 'error') === 'invalid_grant');

/** What to answer a browser, or an administrator, about an error of the provider or on the way to it. */
export function toOidcError(error: unknown): AppError {
  const [first, ...causes] = chain(error);
  const outbound = [first, ...causes].find((at) => at instanceof OutboundError);
  if (isUnreachable(error)) {
    return Errors.unavailable(
      `the OIDC provider cannot be asked: ${outbound?.message ?? 'it did not answer in time'}`,
      {
        cause: error,
      },
    );
  }
  const code = first === undefined ? '' : fieldOf(first, 'error');
  const said =
    code === ''
      ? (first?.message ?? '')
      : `${code} - ${first === undefined ? '' : fieldOf(first, 'error_description')}`;
  return Errors.badRequest(`OIDC: ${said.slice(0, longestText)}`, { cause: error });
}
