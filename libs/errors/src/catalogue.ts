/** How loud the one log line about an error is. */
export type ErrorLogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface CatalogueEntry {
  /** HTTP status on both surfaces. */
  status: number;
  /** Code in OCI bodies (OCI Distribution 1.1, section "Error Codes", plus distribution's registered ones). */
  oci: string;
  /** Code in Harbor bodies. */
  harbor: string;
  level: ErrorLogLevel;
  /** Said when the thrower gives no message. Safe for anyone to read. */
  message: string;
}

const entry = (status: number, oci: string, harbor: string, level: ErrorLogLevel, message: string): CatalogueEntry => ({
  status,
  oci,
  harbor,
  level,
  message,
});

/** Every error Haven can answer with. A code that is not here cannot reach a client. */
export const catalogue = {
  BAD_REQUEST: entry(400, 'UNSUPPORTED', 'BAD_REQUEST', 'info', 'bad request'),
  DIGEST_INVALID: entry(
    400,
    'DIGEST_INVALID',
    'DIGEST_INVALID',
    'info',
    'provided digest did not match uploaded content',
  ),
  SIZE_INVALID: entry(400, 'SIZE_INVALID', 'BAD_REQUEST', 'info', 'provided length did not match content length'),
  NAME_INVALID: entry(400, 'NAME_INVALID', 'BAD_REQUEST', 'info', 'invalid repository name'),
  TAG_INVALID: entry(400, 'TAG_INVALID', 'BAD_REQUEST', 'info', 'manifest tag did not match URI'),
  MANIFEST_INVALID: entry(400, 'MANIFEST_INVALID', 'MANIFEST_INVALID', 'info', 'manifest invalid'),
  UNSUPPORTED: entry(400, 'UNSUPPORTED', 'UNSUPPORTED', 'info', 'the operation is unsupported'),
  MANIFEST_BLOB_UNKNOWN: entry(
    404,
    'MANIFEST_BLOB_UNKNOWN',
    'NOT_FOUND',
    'info',
    'manifest references a manifest or blob unknown to the repository',
  ),
  PAGINATION_NUMBER_INVALID: entry(
    400,
    'PAGINATION_NUMBER_INVALID',
    'BAD_REQUEST',
    'info',
    'invalid number of results requested',
  ),
  UNAUTHORIZED: entry(401, 'UNAUTHORIZED', 'UNAUTHORIZED', 'info', 'unauthorized'),
  FORBIDDEN: entry(403, 'DENIED', 'FORBIDDEN', 'info', 'forbidden'),
  DENIED: entry(403, 'DENIED', 'DENIED', 'info', 'requested access to the resource is denied'),
  NOT_FOUND: entry(404, 'NAME_UNKNOWN', 'NOT_FOUND', 'info', 'not found'),
  NAME_UNKNOWN: entry(404, 'NAME_UNKNOWN', 'NOT_FOUND', 'info', 'repository name not known to registry'),
  MANIFEST_UNKNOWN: entry(404, 'MANIFEST_UNKNOWN', 'NOT_FOUND', 'info', 'manifest unknown'),
  BLOB_UNKNOWN: entry(404, 'BLOB_UNKNOWN', 'NOT_FOUND', 'info', 'blob unknown to registry'),
  BLOB_UPLOAD_UNKNOWN: entry(404, 'BLOB_UPLOAD_UNKNOWN', 'NOT_FOUND', 'info', 'blob upload unknown to registry'),
  METHOD_NOT_ALLOWED: entry(405, 'UNSUPPORTED', 'METHOD_NOT_ALLOWED', 'info', 'method not allowed'),
  NOT_ACCEPTABLE: entry(406, 'UNSUPPORTED', 'NOT_ACCEPTABLE', 'info', 'not acceptable'),
  CONFLICT: entry(409, 'UNSUPPORTED', 'CONFLICT', 'info', 'conflict'),
  UPLOAD_BUSY: entry(409, 'BLOB_UPLOAD_INVALID', 'CONFLICT', 'info', 'another request is writing to this upload'),
  PRECONDITION: entry(412, 'DENIED', 'PRECONDITION', 'info', 'precondition failed'),
  VIOLATE_FOREIGN_KEY_CONSTRAINT: entry(412, 'DENIED', 'VIOLATE_FOREIGN_KEY_CONSTRAINT', 'info', 'others refer to it'),
  PROJECTPOLICYVIOLATION: entry(412, 'DENIED', 'PROJECTPOLICYVIOLATION', 'info', 'project policy violation'),
  REQUEST_ENTITY_TOO_LARGE: entry(413, 'SIZE_INVALID', 'REQUEST_ENTITY_TOO_LARGE', 'info', 'request entity too large'),
  UNSUPPORTED_MEDIA_TYPE: entry(415, 'UNSUPPORTED', 'UNSUPPORTED_MEDIA_TYPE', 'info', 'unsupported media type'),
  RANGE_INVALID: entry(416, 'RANGE_INVALID', 'BAD_REQUEST', 'info', 'invalid content range'),
  UNPROCESSABLE_ENTITY: entry(422, 'UNSUPPORTED', 'UNPROCESSABLE_ENTITY', 'info', 'unprocessable entity'),
  TOO_MANY_REQUEST: entry(429, 'TOOMANYREQUESTS', 'TOO_MANY_REQUEST', 'info', 'too many requests'),
  UNKNOWN: entry(500, 'UNKNOWN', 'UNKNOWN', 'error', 'internal server error'),
  UNAVAILABLE: entry(503, 'UNAVAILABLE', 'UNAVAILABLE', 'warn', 'service unavailable'),
  STORAGE_FULL: entry(507, 'DENIED', 'UNKNOWN', 'error', 'the storage of this registry is full'),
} as const satisfies Record<string, CatalogueEntry>;
