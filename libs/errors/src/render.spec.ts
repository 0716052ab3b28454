import { AppError, type ErrorCode } from './app-error.js';
import { catalogue } from './catalogue.js';
import { Errors } from './errors.js';
import { renderHarbor, renderOci } from './render.js';

const codes = Object.keys(catalogue) as ErrorCode[];

/** Codes that clients of the OCI distribution specification know, with distribution's registered ones. */
const ociCodes = new Set(
  (
    'BLOB_UNKNOWN BLOB_UPLOAD_INVALID BLOB_UPLOAD_UNKNOWN DIGEST_INVALID MANIFEST_BLOB_UNKNOWN MANIFEST_INVALID ' +
    'MANIFEST_UNKNOWN NAME_INVALID NAME_UNKNOWN SIZE_INVALID UNAUTHORIZED DENIED UNSUPPORTED TOOMANYREQUESTS ' +
    'RANGE_INVALID TAG_INVALID UNAVAILABLE UNKNOWN PAGINATION_NUMBER_INVALID'
  ).split(' '),
);

describe('rendering', () => {
  it.each(codes)('%s has a known OCI code and the same status on both surfaces', (code) => {
    const [oci, harbor] = [renderOci(new AppError(code)), renderHarbor(new AppError(code))];
    expect(ociCodes).toContain(oci.body.errors[0]?.code);
    expect([oci.status, harbor.status]).toEqual([catalogue[code].status, catalogue[code].status]);
  });

  it.each(codes)('%s can be thrown by a constructor', (code) => {
    expect(Object.values(Errors).map((make) => make().code)).toContain(code);
  });

  it('shows detail to OCI clients only, and headers to all', () => {
    const error = Errors.manifestBlobUnknown('missing', { detail: [{ digest: 'd' }], headers: { 'Retry-After': '1' } });
    expect(renderOci(error).body.errors).toEqual([
      { code: 'MANIFEST_BLOB_UNKNOWN', message: 'missing', detail: [{ digest: 'd' }] },
    ]);
    expect(renderHarbor(error)).toMatchObject({
      headers: { 'Retry-After': '1' },
      body: { errors: [{ code: 'NOT_FOUND', message: 'missing' }] },
    });
  });

  it('never shows what went wrong inside, only where the log has it', () => {
    for (const inside of [new Error('password=hunter2'), Errors.unknown('password=hunter2'), 'password=hunter2']) {
      for (const { status, body } of [renderOci(inside, 'r-1'), renderHarbor(inside, 'r-1')]) {
        expect(status).toBe(500);
        expect(JSON.stringify(body)).toContain('internal server error (request id r-1)');
        expect(JSON.stringify(body)).not.toContain('hunter2');
      }
    }
  });

  it('names the request, so that its lines in the log are found', () => {
    for (const { body } of [renderOci(Errors.notFound(), 'r-2'), renderHarbor(Errors.notFound(), 'r-2')]) {
      expect(body.request_id).toBe('r-2');
    }
  });

  it('keeps the cause for the log', () => {
    const cause = new Error('disk');
    expect(Errors.storageFull(undefined, { cause }).cause).toBe(cause);
  });
});
