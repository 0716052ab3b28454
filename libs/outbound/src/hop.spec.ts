import { Readable } from 'node:stream';
import { redirected, toUrl, type Hop } from './hop.js';
import { OutboundError } from './outbound.error.js';

const hop = (change: Partial<Hop> = {}): Hop => ({
  url: new URL('https://one.example/a/b'),
  method: 'GET',
  headers: { Authorization: 'Bearer x', 'X-Token': 'y', Cookie: 'z', Accept: 'text/plain' },
  body: null,
  ...change,
});
const post = hop({ method: 'POST', body: 'secret=1', headers: { 'Content-Type': 'text/plain', 'X-Token': 'y' } });
const refused = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof OutboundError ? error.reason : String(error);
  }
};

describe('a redirect', () => {
  it('within an origin keeps everything', () => {
    expect(redirected(hop(), 302, '../c?d#e')).toEqual({ ...hop(), url: new URL('https://one.example/c?d#e') });
  });

  it.each(['https://two.example/', '//two.example/', 'https://one.example:8443/', 'https://sub.one.example/'])(
    'to %s tells it nothing that was meant for the first',
    (location) => {
      expect(redirected(hop(), 307, location)?.headers).toEqual({ Accept: 'text/plain' });
    },
  );

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ])('%i of a %s asks with %s', (status, method, then) => {
    const next = redirected({ ...post, method }, status, '/c');
    expect(next).toMatchObject({ method: then, body: then === method && method !== 'HEAD' ? 'secret=1' : next?.body });
  });

  it('that becomes a GET leaves body and its headers behind', () => {
    expect(redirected(post, 303, '/c')).toMatchObject({ body: null, headers: { 'X-Token': 'y' } });
  });

  it.each([
    ['carries a body to another origin', post, 307, 'https://two.example/'],
    ['repeats a stream', hop({ method: 'PUT', body: Readable.from(['x']) }), 307, '/c'],
    ['leaves TLS', hop(), 302, 'http://one.example/'],
    ['goes nowhere', hop(), 302, 'https://'],
  ])('never %s', (_what, from, status, location) => {
    expect(refused(() => redirected(from, status, location))).toBe('redirect');
  });

  it.each(['file:///etc/passwd', 'ftp://one.example/', 'https://user:password@one.example/', 'javascript:alert(1)'])(
    'never goes to %s',
    (location) => {
      expect(refused(() => redirected(hop(), 302, location))).toBe('forbidden');
      expect(refused(() => toUrl(location))).toBe('forbidden');
    },
  );

  it('is nothing but a status of its own with a place to go', () => {
    expect(redirected(hop(), 200, '/c')).toBeNull();
    expect(redirected(hop(), 304, '/c')).toBeNull();
    expect(redirected(hop(), 302, undefined)).toBeNull();
  });
});
