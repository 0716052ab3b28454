import { documentAttributes, imageAttributes } from './image-config.js';

const read = (config: unknown) => imageAttributes(Buffer.from(JSON.stringify(config)));

describe('imageAttributes', () => {
  it('shows what Harbor shows', () => {
    const created = '2026-01-02T03:04:05Z';
    const config = { Env: ['A=b'], Cmd: ['/app'], ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' }, WorkingDir: '/' };
    const image = {
      architecture: 'arm64',
      variant: 'v8',
      os: 'linux',
      created,
      author: 'me',
      config,
      rootfs: { x: 1 },
    };
    expect(read(image)).toEqual({
      ...{ architecture: 'arm64', variant: 'v8', os: 'linux', created, author: 'me' },
      config,
    });
    expect(read({ architecture: 'amd64', os: 'windows', 'os.version': '10.0' })).toEqual({
      ...{ architecture: 'amd64', os: 'windows', 'os.version': '10.0', created: null, author: '', config: {} },
    });
  });

  it.each([
    [{ author: 'me', config: { Labels: { maintainer: 'them' } } }, 'me'],
    [{ config: { Labels: { maintainer: 'them', 'org.opencontainers.image.authors': 'us' } } }, 'us'],
    [{ author: '', config: { Labels: { maintainer: 'them' } } }, 'them'],
    [{ config: { Labels: null } }, ''],
  ])('finds the author of %j', (image, author) => {
    expect(read(image)).toMatchObject({ author });
  });

  it('keeps nothing that it does not know or that cannot be stored', () => {
    const config = { Hostname: 'h', Tty: false, Env: ['A=\0b', 7], Cmd: null, Labels: { 'k\0': 'v\ud800' }, User: {} };
    expect(read({ config })).toMatchObject({ config: { Env: ['A=b', ''], Labels: { k: 'v\ufffd' } } });
    expect(Object.keys(read({ config })['config'] as object)).toEqual(['Env', 'Labels']);
  });

  it.each(['', 'null', '[]', '"text"', '{', '7'])('shows nothing of %j', (text) => {
    expect(imageAttributes(Buffer.from(text))).toEqual({});
  });
});

describe('documentAttributes', () => {
  const readDocument = (document: unknown) => documentAttributes(Buffer.from(JSON.stringify(document)));

  it('shows a chart whole', () => {
    const chart = { name: 'web', version: '1.2.3', keywords: ['a'], maintainers: [{ name: 'me' }], deprecated: false };
    expect(readDocument(chart)).toEqual(chart);
  });

  it('keeps nothing that cannot be stored', () => {
    expect(readDocument({ 'k\0': ['v\ud800', 7, null] })).toEqual({ k: ['v\ufffd', 7, null] });
    const deep = Buffer.from(`{"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}}`);
    expect(JSON.stringify(documentAttributes(deep))).toMatch(/^\{"deep":\[+null\]+\}$/);
  });

  it.each(['', 'null', '[]', '"text"', '{', '7'])('shows nothing of %j', (text) => {
    expect(documentAttributes(Buffer.from(text))).toEqual({});
  });
});
