import { AppError } from './app-error.js';
import { catalogue } from './catalogue.js';

export interface WireError {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: {
    errors: { code: string; message: string; detail?: unknown }[];
    /** Under which the log tells more; ours, beside what the protocols have. */
    request_id?: string;
  };
}

const asAppError = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('UNKNOWN', { cause: error });

/** What a 5xx says to anyone: never the cause, always the id under which the log holds it. */
const safeMessage = (error: AppError, requestId: string | undefined): string => {
  if (error.entry.status < 500) return error.message;
  const message = error.code === 'UNKNOWN' ? catalogue.UNKNOWN.message : error.message;
  return requestId === undefined ? message : `${message} (request id ${requestId})`;
};

const named = (requestId: string | undefined): { request_id?: string } =>
  requestId === undefined ? {} : { request_id: requestId };

/** Renders an error as OCI Distribution 1.1 has it: `{"errors":[{code,message,detail}]}`. */
export function renderOci(error: unknown, requestId?: string): WireError {
  const app = asAppError(error);
  return {
    status: app.entry.status,
    headers: app.headers,
    body: {
      errors: [
        {
          code: app.entry.oci,
          message: safeMessage(app, requestId),
          ...(app.detail === undefined ? {} : { detail: app.detail }),
        },
      ],
      ...named(requestId),
    },
  };
}

/** Renders an error as Harbor has it: `{"errors":[{code,message}]}`. */
export function renderHarbor(error: unknown, requestId?: string): WireError {
  const app = asAppError(error);
  return {
    status: app.entry.status,
    headers: app.headers,
    body: { errors: [{ code: app.entry.harbor, message: safeMessage(app, requestId) }], ...named(requestId) },
  };
}
