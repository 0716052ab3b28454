import { OutboundError, type OutboundReason, type OutboundResponse } from '@haven/outbound';
import { parseJson } from './parse-json.js';

/** What kept a registry from doing as it was asked. */
export type RegistryFailure =
  /** The credentials are wrong. */
  | 'unauthorized'
  /** They do not suffice. */
  | 'denied'
  | 'not-found'
  | 'rate-limited'
  /** The registry does not know of such a thing. */
  | 'unsupported'
  /** Any other 4xx. */
  | 'refused'
  /** 5xx, or less than was announced. */
  | 'unavailable'
  /** There is no connection, or it broke. */
  | 'unreachable'
  /** The certificate is not trusted. */
  | 'untrusted'
  /** The address may not be called. */
  | 'out-of-reach'
  /** The answer cannot be read, or leads nowhere. */
  | 'malformed'
  /** The bytes are not those that the digest names. */
  | 'digest-mismatch'
  | 'too-large'
  | 'aborted';

export interface RegistryErrorOptions extends ErrorOptions {
  status?: number;
  code?: string;
  detail?: string;
  retryAfterMs?: number;
}

const transient: ReadonlySet<RegistryFailure> = new Set(['rate-limited', 'unavailable', 'unreachable']);

/**
 * A request to a registry that came to nothing. The message names scheme, host, status and error code, nothing that could
 * be a secret; `detail` is what the registry says of it, for who has set up the endpoint.
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** Error code of the distribution specification, such as `BLOB_UNKNOWN`; empty when there was none. */
  readonly code: string;
  readonly detail: string;
  /** How long the registry wants to be left alone; 0 when it did not say. */
  readonly retryAfterMs: number;

  /** @param what such as `https://registry.example.com answered 404` */
  constructor(
    readonly failure: RegistryFailure,
    what: string,
    { status = 0, code = '', detail = '', retryAfterMs = 0, ...options }: RegistryErrorOptions = {},
  ) {
    super(what, options);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may well succeed later. */
  get isTransient(): boolean {
    return transient.has(this.failure);
  }
}

const byReason: Readonly<Record<OutboundReason, RegistryFailure>> = {
  forbidden: 'out-of-reach',
  unresolved: 'unreachable',
  unreachable: 'unreachable',
  certificate: 'untrusted',
  timeout: 'unreachable',
  aborted: 'aborted',
  redirect: 'malformed',
  'too-large': 'too-large',
  malformed: 'malformed',
};

/** What went wrong below us, in our words. */
export function toRegistryError(error: unknown, origin: string): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof OutboundError) return new RegistryError(byReason[error.reason], error.message, { cause: error });
  return new RegistryError('unreachable', `the connection to ${origin} broke`, { cause: error });
}

const byStatus: Readonly<Record<number, RegistryFailure>> = {
  401: 'unauthorized',
  403: 'denied',
  404: 'not-found',
  405: 'unsupported',
  408: 'unavailable',
  413: 'too-large',
  429: 'rate-limited',
};

/** Where a code says more than the status that it comes with. */
const byCode: Readonly<Record<string, RegistryFailure>> = {
  TOOMANYREQUESTS: 'rate-limited',
  ThrottlingException: 'rate-limited',
  UnrecognizedClientException: 'unauthorized',
  InvalidSignatureException: 'unauthorized',
};

const longestDetail = 300;
const errorBytes = 65_536;
const unprintable = /[^\x20-\x7e\u00a0-\uffff]+/g;

/** The error that an answer is, after its body was read. @param retryAfterMs what its headers say */
export async function errorOf(response: OutboundResponse, retryAfterMs = 0): Promise<RegistryError> {
  const { status } = response;
  const { code, detail } = sayingOf(await response.text(errorBytes).catch(() => ''));
  const isUnsupported = status >= 400 && status < 500 && code === 'UNSUPPORTED';
  const failure = isUnsupported ? 'unsupported' : (byCode[code] ?? byStatus[status] ?? byClass(status));
  const what = `${response.url.origin} answered ${status}${code === '' ? '' : ` ${code}`}`;
  return new RegistryError(failure, what, { status, code, detail, retryAfterMs });
}

const byClass = (status: number): RegistryFailure =>
  status >= 500 ? 'unavailable' : status >= 400 ? 'refused' : 'malformed';

/** Code and message of the first error in a body of the distribution specification, or of an API that has the like. */
function sayingOf(body: string): { code: string; detail: string } {
  const document = objectOf(parseJson(body));
  const { errors } = document;
  const { code: given, __type: type, message } = Array.isArray(errors) ? objectOf(errors[0]) : document;
  // AWS names an error by a type, perhaps with a namespace before it.
  const code = typeof type === 'string' ? type.replace(/^.*#/, '') : given;
  return {
    code: typeof code === 'string' && /^[A-Za-z_]{1,64}$/.test(code) ? code : '',
    detail: typeof message === 'string' ? message.replace(unprintable, ' ').slice(0, longestDetail) : '',
  };
}

const objectOf = (value: unknown): { errors?: unknown; code?: unknown; __type?: unknown; message?: unknown } =>
  typeof value === 'object' && value !== null ? value : {};
