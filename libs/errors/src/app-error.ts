import { catalogue, type CatalogueEntry } from './catalogue.js';

export type ErrorCode = keyof typeof catalogue;

export interface AppErrorOptions {
  message?: string;
  /** Machine-readable addition, shown in OCI bodies only. Never holds anything internal. */
  detail?: unknown;
  cause?: unknown;
  /** Response headers that belong to the error, such as `Retry-After` or `Range`. */
  headers?: Readonly<Record<string, string>>;
}

/** The only error that services throw on purpose. Anything else that escapes is rendered as UNKNOWN, 500. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? catalogue[code].message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }

  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }
}
