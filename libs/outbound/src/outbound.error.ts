/** Why a request came to nothing, as far as whoever asked can do something about it. */
export type OutboundReason =
  | 'forbidden'
  | 'unresolved'
  | 'unreachable'
  | 'certificate'
  | 'timeout'
  | 'aborted'
  | 'redirect'
  | 'too-large'
  | 'malformed';

const texts: Readonly<Record<OutboundReason, string>> = {
  forbidden: 'has an address that may not be called (HAVEN_OUTBOUND_REACH)',
  unresolved: 'has no address',
  unreachable: 'cannot be reached',
  certificate: 'shows a certificate that is not trusted',
  timeout: 'did not answer in time',
  aborted: 'was not waited for any longer',
  redirect: 'redirects to where the request may not follow',
  'too-large': 'answered with more than is taken',
  malformed: 'answered with something that cannot be read',
};

/** A request that came to nothing. The message names scheme, host and port, and nothing that could be a secret. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';

  /** @param origin such as `https://idp.example.com` */
  constructor(
    readonly reason: OutboundReason,
    origin: string,
    options?: ErrorOptions,
  ) {
    super(`${origin} ${texts[reason]}`, options);
  }
}

const reasonsByCode: readonly [RegExp, OutboundReason][] = [
  [/^(ENOTFOUND|EAI_|ENODATA)/, 'unresolved'],
  [/TIMEOUT|^ETIMEDOUT$/, 'timeout'],
  [/^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO)/, 'certificate'],
  [/^(HPE_|UND_ERR_(RES_|RESPONSE|HEADERS_OVERFLOW|INVALID|NOT_SUPPORTED))/, 'malformed'],
];

/** What went wrong below us, in our words. */
export function toOutboundError(error: unknown, origin: string, signal?: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error;
  const cause = { cause: error };
  if (signal?.aborted === true) {
    const isLate = Error.isError(signal.reason) && signal.reason.name === 'TimeoutError';
    return new OutboundError(isLate ? 'timeout' : 'aborted', origin, cause);
  }
  const code = Error.isError(error) && 'code' in error ? String(error.code) : '';
  const [, reason] = reasonsByCode.find(([pattern]) => pattern.test(code)) ?? [];
  return new OutboundError(reason ?? 'unreachable', origin, cause);
}
