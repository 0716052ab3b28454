import { digestOf } from '@haven/oci';
import { Bandwidth } from './bandwidth.js';
import { parseChallenge } from './challenge.js';
import { DigestTally } from './digest-check.js';
import { nextLink } from './link.js';
import { memo } from './memo.js';
import { literalNames, literalNamespaces, literalPrefix } from './name-pattern.js';
import { restMs, retryAfterMs } from './rate-limit.js';
import { openEndpoint } from './remote-registry.js';
import { waitAfter, type RetryPolicy } from './retry.js';

const headers = (values: Record<string, string>) => (name: string) => values[name];

describe('a challenge', () => {
  it.each([
    ['Basic realm="harbor"', { scheme: 'basic' }],
    ['basic', { scheme: 'basic' }],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      {
        scheme: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull,push',
        error: '',
      },
    ],
    [
      'Basic realm="a, Bearer b", Bearer realm="https://x/\\"y", service=z, error="invalid_token"',
      { scheme: 'bearer', realm: 'https://x/"y', service: 'z', scope: '', error: 'invalid_token' },
    ],
    ['Negotiate', null],
    ['', null],
  ])('%s', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });

  it('of any length is read in no time', () => {
    const begin = Date.now();
    parseChallenge(`Bearer realm="${'\\'.repeat(8_000)}`);
    parseChallenge('Bearer '.repeat(1_000_000));
    expect(Date.now() - begin).toBeLessThan(500);
  });
});

describe('how long a registry wants to be left alone', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2015 00:01:00 GMT', 0],
    [String(now / 1_000 + 90), 90_000],
    ['soon', 0],
  ])('Retry-After: %s', (value, expected) => {
    expect(retryAfterMs(headers({ 'retry-after': value }), now)).toBe(expected);
  });

  it('is the rest of a window that is used up', () => {
    expect(restMs(headers({ 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }), now)).toBe(30_000);
    expect(restMs(headers({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }), now)).toBe(30_000);
    expect(restMs(headers({ 'ratelimit-remaining': '0;w=21600' }), now)).toBe(0);
    expect(restMs(headers({ 'ratelimit-remaining': '76;w=21600', 'ratelimit-reset': '30' }), now)).toBe(0);
    expect(restMs(headers({}), now)).toBe(0);
  });
});

describe('the wait before another try', () => {
  const policy: RetryPolicy = { attempts: 9, baseMs: 100, capMs: 1_000, longestWaitMs: 60_000 };
  const wait = (failures: number, asked: number, random: number) =>
    waitAfter(policy, failures, asked, { random: () => random });

  it('is anything up to a bound that doubles', () => {
    expect([1, 2, 3, 4, 5, 6].map((failures) => wait(failures, 0, 0.999_999))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(wait(6, 0, 0)).toBe(0);
  });

  it('is never less than asked for, and none when that is too long', () => {
    expect(wait(1, 30_000, 0.5)).toBe(30_050);
    expect(wait(1, 60_001, 0)).toBeNull();
  });
});

describe('the end of a page', () => {
  const url = new URL('https://registry.example.com/v2/_catalog?n=2');

  it.each([
    ['</v2/_catalog?last=b&n=2>; rel="next"', 'https://registry.example.com/v2/_catalog?last=b&n=2'],
    ['<?last=b>; rel=next', 'https://registry.example.com/v2/_catalog?last=b'],
    // A registry behind a front door names its inside; nobody goes there.
    ['<http://inside:5000/v2/_catalog?last=b>; rel="next"', 'https://registry.example.com/v2/_catalog?last=b'],
    ['</p?page=1>; rel="prev", </p?page=3>; rel="next"', 'https://registry.example.com/p?page=3'],
    ['</p?page=1>; rel="prev"', undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(nextLink(header, url)?.href).toBe(expected);
  });
});

describe('a pattern of names', () => {
  it.each([
    ['library/app', ['library/app']],
    ['{a,b}/{c,d}', ['a/c', 'a/d', 'b/c', 'b/d']],
    ['library/*', null],
    ['library/ap?', null],
    ['{a,{b,c}}/d', null],
    ['{a/b', null],
    ['', null],
    ['{a,b}'.repeat(20), null],
  ])('%s stands for these names', (pattern, expected) => {
    expect(literalNames(pattern)).toEqual(expected);
  });

  it('tells how every name begins', () => {
    expect(['a/b*', '**', 'a/{b,c}', 'a/b'].map(literalPrefix)).toEqual(['a/b', '', 'a/', 'a/b']);
    expect(['team/**', '{a,b}/*', '*/x', '**', 'team'].map(literalNamespaces)).toEqual([
      ['team'],
      ['a', 'b'],
      null,
      null,
      null,
    ]);
  });
});

describe('a bandwidth', () => {
  it('is shared, and lets a little pass at once after a pause', async () => {
    let now = 0;
    const clock = {
      now: () => now,
      sleep: (ms: number) => {
        now += ms;
        return Promise.resolve();
      },
      random: () => 0,
    };
    const bandwidth = new Bandwidth(1_000, clock);
    now = 10_000;
    await bandwidth.take(250);
    expect(now).toBe(10_000);
    for (let copy = 0; copy < 4; copy += 1) await bandwidth.take(500);
    expect(now).toBe(12_000);
  });
});

describe('a digest', () => {
  it('counts bytes once that pass twice', () => {
    const bytes = Buffer.from('abcdefgh');
    const tally = new DigestTally(digestOf(bytes));
    tally.add(bytes.subarray(0, 5), 0);
    tally.add(bytes.subarray(2, 7), 2);
    tally.add(bytes.subarray(7), 7);
    expect(tally.position).toBe(8);
    tally.assertWhole();
    const other = new DigestTally(digestOf(bytes, 'sha512'));
    other.add(Buffer.from('abcdefgX'), 0);
    expect(() => {
      other.assertWhole();
    }).toThrow('not those of sha512:');
  });
});

describe('what lasts', () => {
  it('is asked for once at a time, again at its end, and after a failure', async () => {
    let now = 0;
    let asked = 0;
    const get = memo({ now: () => now }, () => {
      asked += 1;
      return asked === 3 ? Promise.reject(new Error('away')) : Promise.resolve({ value: asked, until: now + 10 });
    });
    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
    now = 10;
    expect(await get()).toBe(2);
    now = 20;
    await expect(get()).rejects.toThrow('away');
    expect(await get()).toBe(4);
  });
});

describe('an endpoint of the database', () => {
  const sealed = {
    ...{ id: 1, name: 'a', type: 'harbor', url: 'https://x', insecure: false, caCertificate: '' },
    ...{ credentialType: 'basic', accessKey: '', sealedSecret: '' },
  };
  const open = (secret: string) => secret.toUpperCase();

  it('is opened', () => {
    expect(openEndpoint(sealed, open)).not.toHaveProperty('credential');
    expect(openEndpoint({ ...sealed, accessKey: 'ada', sealedSecret: 'x', caCertificate: 'PEM' }, open)).toMatchObject({
      caCertificate: 'PEM',
      credential: { type: 'basic', accessKey: 'ada', accessSecret: 'X' },
    });
    expect(openEndpoint({ ...sealed, credentialType: 'oauth', sealedSecret: 'x' }, open).credential?.type).toBe(
      'oauth',
    );
  });
});
