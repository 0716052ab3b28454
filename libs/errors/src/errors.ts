import { AppError, type AppErrorOptions, type ErrorCode } from './app-error.js';

const make =
  (code: ErrorCode) =>
  (message?: string, options: Omit<AppErrorOptions, 'message'> = {}): AppError =>
    new AppError(code, message === undefined ? options : { ...options, message });

/** Constructors by meaning: `throw Errors.notFound('project library not found')`. */
export const Errors = {
  badRequest: make('BAD_REQUEST'),
  digestInvalid: make('DIGEST_INVALID'),
  sizeInvalid: make('SIZE_INVALID'),
  nameInvalid: make('NAME_INVALID'),
  tagInvalid: make('TAG_INVALID'),
  manifestInvalid: make('MANIFEST_INVALID'),
  unsupported: make('UNSUPPORTED'),
  manifestBlobUnknown: make('MANIFEST_BLOB_UNKNOWN'),
  paginationNumberInvalid: make('PAGINATION_NUMBER_INVALID'),
  unauthorized: make('UNAUTHORIZED'),
  forbidden: make('FORBIDDEN'),
  denied: make('DENIED'),
  notFound: make('NOT_FOUND'),
  nameUnknown: make('NAME_UNKNOWN'),
  manifestUnknown: make('MANIFEST_UNKNOWN'),
  blobUnknown: make('BLOB_UNKNOWN'),
  blobUploadUnknown: make('BLOB_UPLOAD_UNKNOWN'),
  methodNotAllowed: make('METHOD_NOT_ALLOWED'),
  notAcceptable: make('NOT_ACCEPTABLE'),
  conflict: make('CONFLICT'),
  uploadBusy: make('UPLOAD_BUSY'),
  precondition: make('PRECONDITION'),
  stillReferenced: make('VIOLATE_FOREIGN_KEY_CONSTRAINT'),
  projectPolicyViolation: make('PROJECTPOLICYVIOLATION'),
  tooLarge: make('REQUEST_ENTITY_TOO_LARGE'),
  unsupportedMediaType: make('UNSUPPORTED_MEDIA_TYPE'),
  rangeInvalid: make('RANGE_INVALID'),
  unprocessable: make('UNPROCESSABLE_ENTITY'),
  tooManyRequests: make('TOO_MANY_REQUEST'),
  unknown: make('UNKNOWN'),
  unavailable: make('UNAVAILABLE'),
  storageFull: make('STORAGE_FULL'),
} as const;
