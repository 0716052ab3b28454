import { makeImage, pushArtifact, sha256, type Image } from '@haven/testing/oci';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { platform, registryFor } from '../harness/platform.ts';
import { exchange, requestText, type RawAnswer } from '../harness/raw-http.ts';
import { tokenFor } from '../harness/token.ts';

const timeoutMs = 60_000;

let project: TestProject;
let maintainer: TestUser;
let image: Image;
let repository: string;
let token: string;

beforeAll(async () => {
  project = await newProject('abuse');
  maintainer = await newMember(project, 'maintainer');
  repository = `${project.name}/app`;
  image = await makeImage({ seed: uniqueName('abuse'), layerBytes: [50_000] });
  await pushArtifact(registryFor(maintainer), repository, image, 'v1');
  token = await tokenFor(maintainer, `repository:${repository}:pull,push,delete`);
}, timeoutMs);

const withToken = (headers: Record<string, string> = {}): Record<string, string> => ({
  Authorization: `Bearer ${token}`,
  ...headers,
});

const sendRaw = (method: string, path: string, headers = withToken(), body = ''): Promise<RawAnswer> =>
  exchange(requestText(method, path, headers, body));

/** A refusal says what is wrong, and nothing of what is inside. */
function expectRefusal({ status, all }: RawAnswer, statuses: readonly number[] = [400, 404]): void {
  expect(all.slice(0, 300)).toMatch(/^HTTP\/1\.1 4/);
  expect(statuses).toContain(status);
  expect(all).not.toMatch(/root:x:|node_modules|\.(?:ts|js):\d|\/storage\/|SELECT |ENOENT/);
}

describe('paths that lead elsewhere', () => {
  const climbs = ['../../../../../../etc/passwd', '..%2f..%2f..%2f..%2fetc%2fpasswd'];
  const hidden = ['%2e%2e/%2e%2e/%2e%2e/etc/passwd', '%252e%252e%252f%252e%252e%252fetc%252fpasswd', '..%5c..%5cetc'];
  const absolute = ['/etc/passwd', '%2fetc%2fpasswd', '.', '..', '%2e%2e', '%c0%ae%c0%ae%c0%afetc'];
  const places = ['manifests/', 'blobs/', 'blobs/sha256:', 'blobs/uploads/', 'referrers/', 'tags/', ''];
  const methods = ['GET', 'PUT', 'PATCH', 'DELETE'];

  it.each(places)('of a repository: %s', async (place) => {
    for (const climb of [...climbs, ...hidden, ...absolute]) {
      for (const method of methods) {
        const answer = await sendRaw(
          method,
          `/v2/${repository}/${place}${climb}`,
          withToken({ 'Content-Length': '0' }),
        );
        expectRefusal(answer, [400, 401, 404, 405]);
      }
    }
  });

  it.each([
    `/v2/../v2/REPOSITORY/manifests/v1`,
    `/v2/REPOSITORY/../app/manifests/v1`,
    `/v2//REPOSITORY/manifests/v1`,
    `/v2/%2e%2e/etc/manifests/v1`,
    `/v2/..%2f..%2fetc/manifests/v1`,
    `/v2/%252e%252e%252fetc/manifests/v1`,
    '/v2/../_blobs/sha256/',
    '/_blobs/sha256/',
    '/_blobs/../../../../etc/passwd',
    '/v2/../../../../etc/passwd',
    '/api/../../etc/passwd',
    '/api/v2.0/../../_blobs/sha256/',
    '/service/..%2f..%2fetc/passwd',
  ])('%s', async (path) => {
    expectRefusal(await sendRaw('GET', path.replace('REPOSITORY', repository)), [400, 401, 404]);
  });

  it('in what is mounted', async () => {
    for (const query of [
      'mount=../../etc/passwd&from=library',
      `mount=${sha256('x')}&from=../../etc`,
      'mount=&from=',
    ]) {
      const answer = await sendRaw(
        'POST',
        `/v2/${repository}/blobs/uploads/?${query}`,
        withToken({ 'Content-Length': '0' }),
      );
      expect([202, 400, 401, 404]).toContain(answer.status);
    }
  });
});

describe('names that are none', () => {
  const component = 'a'.repeat(200);

  it.each([
    ['a repository of 256 characters', `/v2/PROJECT/${'a'.repeat(256)}/manifests/v1`, [400]],
    ['a repository of 20,000 characters', `/v2/PROJECT/${'a/'.repeat(10_000)}b/manifests/v1`, [400, 414]],
    ['a path of 100,000 characters', `/v2/PROJECT/${component.repeat(500)}/manifests/v1`, [414]],
    ['upper case', '/v2/PROJECT/App/manifests/v1', [400]],
    ['three underscores', '/v2/PROJECT/a___b/manifests/v1', [400]],
    ['a tag of 129 characters', `/v2/PROJECT/app/manifests/${'t'.repeat(129)}`, [400, 404]],
    ['a tag of 20,000 characters', `/v2/PROJECT/app/manifests/${'t'.repeat(20_000)}`, [400, 404]],
    ['a tag that begins with a dot', '/v2/PROJECT/app/manifests/.v1', [400, 404]],
    ['a digest too short', '/v2/PROJECT/app/blobs/sha256:abc', [400]],
    ['a digest too long', `/v2/PROJECT/app/blobs/sha256:${'a'.repeat(65)}`, [400]],
    ['a digest of 20,000 digits', `/v2/PROJECT/app/blobs/sha256:${'a'.repeat(20_000)}`, [400]],
    ['a digest in upper case', `/v2/PROJECT/app/blobs/sha256:${'A'.repeat(64)}`, [400]],
    ['a digest of no algorithm', `/v2/PROJECT/app/blobs/:${'a'.repeat(64)}`, [400]],
    ['a digest of an unknown algorithm', `/v2/PROJECT/app/blobs/md5:${'a'.repeat(32)}`, [400]],
    ['a subject that is no digest', '/v2/PROJECT/app/referrers/v1', [400]],
    ['an upload id that is none', '/v2/PROJECT/app/blobs/uploads/1', [400, 404]],
    ['an upload id of 20,000 characters', `/v2/PROJECT/app/blobs/uploads/${'1'.repeat(20_000)}`, [400, 404]],
    ['a page of less than nothing', '/v2/PROJECT/app/tags/list?n=-1', [400]],
    ['a page of words', '/v2/PROJECT/app/tags/list?n=many', [400]],
    ['a broken escape', '/v2/PROJECT/app/manifests/%zz', [400]],
    ['a broken escape in the name', '/v2/PROJECT/%zz/manifests/v1', [400]],
    ['half an escape', '/v2/PROJECT/app/manifests/%2', [400]],
    ['a null byte', '/v2/PROJECT/app/manifests/v1%00', [400]],
    ['bytes that are not UTF-8', '/v2/PROJECT/app/manifests/%ff%fe', [400, 404]],
    ['a control character', '/v2/PROJECT/app/manifests/v1%0d%0aX-Injected:%20yes', [400, 404]],
  ])('%s', async (_name, path, statuses) => {
    const answer = await sendRaw('GET', path.replace('PROJECT', project.name));
    expectRefusal(answer, statuses);
    expect(answer.header('x-injected')).toBeUndefined();
  });

  it.each([
    '/api/v2.0/projects/%zz',
    '/api/v2.0/projects/%00',
    '/service/token?scope=%zz',
    '/service/token?service=%00',
  ])('outside the registry: %s', async (path) => {
    expect((await exchange(requestText('GET', path))).status).toBeLessThan(500);
  });

  it('in a query that is very long', async () => {
    const long = await sendRaw('GET', `/v2/${repository}/tags/list?last=${'z'.repeat(20_000)}`);
    expect([200, 400]).toContain(long.status);
    const huge = await sendRaw('GET', `/v2/${repository}/tags/list?n=${'9'.repeat(400)}`);
    expect([200, 400]).toContain(huge.status);
  });

  it('in a header that is very long, or very many of them', async () => {
    expectRefusal(await sendRaw('GET', '/v2/', { 'X-Long': 'x'.repeat(200_000) }), [400, 431]);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`X-${n}`, 'x'.repeat(50)]));
    expectRefusal(await sendRaw('GET', '/v2/', many), [400, 431]);
  });

  it('in a push', async () => {
    const put = (reference: string): Promise<RawAnswer> => {
      const body = image.manifest.bytes.toString('latin1');
      const headers = { 'Content-Type': image.manifest.mediaType, 'Content-Length': String(body.length) };
      return sendRaw('PUT', `/v2/${repository}/manifests/${reference}`, withToken(headers), body);
    };
    for (const reference of ['t'.repeat(129), '.v1', '-v1', 'v%201', 'sha256:abc', `md5:${'a'.repeat(32)}`, '%00']) {
      expectRefusal(await put(reference));
    }
    expectRefusal(await put(`v2?${'tag=x&'.repeat(101)}tag=y`));
    expectRefusal(await put('v2?tag=../../etc'));
  });
});

describe('credentials that are none', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const unsigned = (access: object): string => `${part({ alg: 'none', typ: 'JWT' })}.${part(access)}.`;

  it.each([
    ['Bearer'],
    ['Bearer  '],
    ['Bearer nonsense'],
    ['Bearer a.b.c'],
    [`Bearer ${'x'.repeat(20_000)}`],
    [`Bearer ${unsigned({ access: [{ type: 'repository', name: 'library/app', actions: ['pull'] }] })}`],
    [`Bearer ${part({ alg: 'HS256', kid: '../../etc/passwd' })}.${part({})}.c2ln`],
    ['Basic'],
    ['Basic !!!!'],
    [`Basic ${base64('no colon')}`],
    ['Digest username="admin"'],
    ['Negotiate'],
    ['\x01\x02'],
  ])('%j', async (authorization) => {
    const refused = await sendRaw('GET', `/v2/${repository}/manifests/v1`, { Authorization: authorization });
    expectRefusal(refused, [400, 401]);
    if (refused.status === 401) expect(refused.header('www-authenticate')).toMatch(/^(?:Bearer|Basic) realm=/);
    const current = await exchange(requestText('GET', '/api/v2.0/users/current', { Authorization: authorization }));
    expectRefusal(current, [400, 401]);
    const scope = encodeURIComponent(`repository:${repository}:pull`);
    const path = `/service/token?service=harbor-registry&scope=${scope}`;
    expect((await exchange(requestText('GET', path, { Authorization: authorization }))).status).toBeLessThan(500);
  });

  it('ask for very many scopes at once', async () => {
    const scopes = Array.from({ length: 400 }, (_, n) => `scope=repository:${project.name}/r${n}:pull,push`);
    const auth = { Authorization: `Basic ${base64(`${maintainer.username}:${maintainer.password}`)}` };
    const some = await exchange(requestText('GET', `/service/token?service=harbor-registry&${scopes.join('&')}`, auth));
    expect([200, 400, 413, 414]).toContain(some.status);
    const many = Array.from({ length: 20 }, () => scopes.join('&')).join('&');
    expectRefusal(await exchange(requestText('GET', `/service/token?service=harbor-registry&${many}`, auth)), [414]);
    const strange = [
      'repository',
      ':::::',
      `repository:${'a'.repeat(5_000)}:pull`,
      'repository:x:*,*,*',
      'registry:*:*',
      '%00',
    ];
    for (const scope of strange) {
      const path = `/service/token?service=harbor-registry&scope=${encodeURIComponent(scope)}`;
      expect((await exchange(requestText('GET', path, auth))).status).toBeLessThan(500);
    }
  });
});

describe('requests of another kind', () => {
  it.each(['TRACE', 'PROPFIND', 'FOO', 'get', 'CONNECT', 'PATCH', 'POST'])('are refused: %s', async (method) => {
    const answer = await sendRaw(method, `/v2/${repository}/manifests/v1`, withToken({ 'Content-Length': '0' }));
    expectRefusal(answer, [400, 404, 405]);
  });

  it.each([
    ['no Host', 'GET /v2/ HTTP/1.1\r\n\r\n'],
    ['two of them', 'GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['nonsense', 'nonsense\r\n\r\n'],
    ['an unknown version', 'GET /v2/ HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['a length below nothing', 'POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
    ['two lengths', 'POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST /v2/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a line that ends nowhere', 'GET /v2/ HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n'],
  ])('with %s are refused, or answered as the whole that they are', async (_name, text) => {
    const { all } = await exchange(text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(all.slice(0, 100)).toMatch(/^HTTP\/1\.1 (?:4|505)|^<html>/);
    // One request, one answer: nothing of it is taken for a second one.
    expect(all.match(/HTTP\/1\.1 \d/g)?.length ?? 1).toBe(1);
  });

  it('are answered over HTTP/1.0', async () => {
    const head = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.0\r\nHost: ${new URL(platform.url).host}\r\n${more}\r\n`;
    const challenge = await exchange(head('/v2/'));
    expect([challenge.status, challenge.header('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    const { digest, bytes } = image.layers[0]!;
    const blob = await exchange(head(`/v2/${repository}/blobs/${digest}`, `Authorization: Bearer ${token}\r\n`));
    expect(blob.status).toBe(200);
    expect(Buffer.from(blob.body, 'latin1').equals(bytes)).toBe(true);
  });

  it('are answered in order when they come all at once', async () => {
    const one = (path: string, last = false): string =>
      requestText('GET', path, { ...withToken(), Connection: last ? 'close' : 'keep-alive' });
    const paths = ['manifests/v1', 'manifests/none', 'tags/list', 'manifests/v1', 'blobs/sha256:x', 'manifests/v1'];
    const text = paths.map((path, n) => one(`/v2/${repository}/${path}`, n === paths.length - 1)).join('');
    const { all } = await exchange(text);
    const statuses = [...all.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    expect(statuses).toEqual([200, 404, 200, 200, 400, 200]);
  });

  it.each(['', 'x', 'text/html', 'multipart/form-data; boundary=', 'application/json; charset=', ';', '\x01'])(
    'under a strange media type are refused: %j',
    async (type) => {
      const body = image.manifest.bytes.toString('latin1');
      const headers = withToken({ 'Content-Type': type, 'Content-Length': String(body.length) });
      expectRefusal(await sendRaw('PUT', `/v2/${repository}/manifests/typed`, headers, body), [400, 415]);
      const json = { 'Content-Type': type, 'Content-Length': '2', Authorization: withToken()['Authorization']! };
      expectRefusal(await sendRaw('POST', '/api/v2.0/projects', json, '{}'), [400, 401, 403, 415]);
    },
  );
});
