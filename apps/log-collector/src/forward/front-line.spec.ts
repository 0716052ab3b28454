import { readFrontLine, type FrontRequest } from './front-line.js';

const digest = `sha256:${'a'.repeat(64)}`;
const fields = {
  ...{ level: 'info', time: '2026-01-31T08:00:00+00:00', service: 'nginx', requestId: 'r1', method: 'GET' },
  ...{ url: `/v2/library/app/blobs/${digest}`, status: 200, bodyBytesOut: 1_000, completed: 'OK', seconds: 0.002 },
};
const read = (more: object = {}) => readFrontLine(JSON.stringify({ ...fields, ...more }));
const counts = { bytesOut: 0, pushFailures: 0, pullFailures: 0 };

describe('readFrontLine', () => {
  it.each<[what: string, more: object, counted: Partial<FrontRequest>]>([
    ['a blob', {}, { bytesOut: 1_000 }],
    ['a part of one', { status: 206, bodyBytesOut: 10 }, { bytesOut: 10 }],
    ['a manifest', { url: '/v2/library/app/manifests/v1?x=1' }, { bytesOut: 1_000 }],
    ['a blob that broke off', { completed: '' }, { bytesOut: 1_000, pullFailures: 1 }],
    ['a blob that is not there', { status: 404 }, {}],
    ['a challenge', { status: 401 }, {}],
    ['a blob that has not changed', { status: 304, bodyBytesOut: 0 }, {}],
    ['an error', { status: 503 }, { pullFailures: 1 }],
    ['a push', { method: 'PUT', url: '/v2/library/app/manifests/v1', status: 201 }, {}],
    ['a refused push', { method: 'POST', url: '/v2/library/app/blobs/uploads/', status: 403 }, { pushFailures: 1 }],
  ])('counts %s', (_what, more, counted) => {
    expect(read(more)).toMatchObject({ ...counts, repository: 'library/app', at: fields.time, ...counted });
  });

  it.each<[what: string, more: object]>([
    ['a question whether something is there', { method: 'HEAD' }],
    ['a deletion', { method: 'DELETE' }],
    ['a list', { url: '/v2/library/app/tags/list', method: 'HEAD' }],
    ['the API', { url: '/api/v2.0/projects' }],
    ['an upper-case name', { url: '/v2/Library/app/manifests/v1' }],
    ['a name that is too long', { url: `/v2/library/${'a'.repeat(300)}/manifests/v1` }],
    ['a line of an older release', { bodyBytesOut: undefined }],
  ])('leaves out %s', (_what, more) => {
    expect(read(more)).toBeNull();
  });

  it('leaves out what is no JSON', () => {
    expect(readFrontLine('"url":"/v2/ oops')).toBeNull();
  });

  it.each<[what: string, more: object, bytes: number | null]>([
    ['small and quick', {}, null],
    ['large', { bodyBytesOut: 5_000_000 }, 5_000_000],
    ['slow', { seconds: 2 }, 1_000],
    ['broken off', { completed: '' }, 1_000],
    ['slow, and no blob', { seconds: 2, url: '/v2/library/app/manifests/v1' }, null],
  ])('says when a pull is over that is %s', (_what, more, bytes) => {
    expect(read(more)?.ended).toEqual(bytes === null ? null : { id: `r1 ${digest}`, bytes });
  });
});
