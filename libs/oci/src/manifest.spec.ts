import { digestOf, type Digest } from './digest.js';
import { maxDescriptors, parseManifest } from './manifest.js';
import { MediaTypes } from './media-type.js';

const digestFor = (text: string): Digest => digestOf(Buffer.from(text));
const config = { mediaType: MediaTypes.ociConfig, digest: digestFor('config'), size: 2 };
const layer = { mediaType: MediaTypes.ociLayerGzip, digest: digestFor('layer'), size: 3 };
const child = {
  mediaType: MediaTypes.ociManifest,
  digest: digestFor('child'),
  size: 4,
  platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
};
const image = { schemaVersion: 2, mediaType: MediaTypes.ociManifest, config, layers: [layer] };
const index = { schemaVersion: 2, mediaType: MediaTypes.ociIndex, manifests: [child] };

const parse = (document: unknown, contentType?: string): ReturnType<typeof parseManifest> =>
  parseManifest(Buffer.from(JSON.stringify(document)), contentType);

describe('parseManifest', () => {
  it('reads an OCI image manifest', () => {
    const subject = { mediaType: MediaTypes.ociManifest, digest: digestFor('subject'), size: 5 };
    const parsed = parse(
      { ...image, artifactType: 'application/vnd.example', subject, annotations: { a: 'b' }, whatever: [1] },
      MediaTypes.ociManifest,
    );
    expect(parsed).toEqual({
      mediaType: MediaTypes.ociManifest,
      schemaVersion: 2,
      artifactType: 'application/vnd.example',
      config,
      layers: [layer],
      manifests: [],
      blobs: [
        { ...config, required: true },
        { ...layer, required: true },
      ],
      subject,
      annotations: { a: 'b' },
    });
  });

  it('reads an index with platforms, annotations and urls of its children', () => {
    const rich = {
      ...child,
      artifactType: 'application/vnd.example',
      urls: ['https://example.com/x'],
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      platform: { architecture: 'amd64', os: 'windows', 'os.version': '10.0.1', 'os.features': ['win32k'] },
    };
    const parsed = parse({ ...index, manifests: [child, rich] });
    expect(parsed).toEqual({
      mediaType: MediaTypes.ociIndex,
      schemaVersion: 2,
      layers: [],
      manifests: [child, rich],
      blobs: [],
      annotations: {},
    });
  });

  it.each([
    ['Docker image', { ...image, mediaType: MediaTypes.dockerManifest }],
    ['Docker list', { ...index, mediaType: MediaTypes.dockerManifestList }],
  ])('reads a %s, which has no subject', (_what, document) => {
    const parsed = parse({ ...document, subject: child }, document.mediaType);
    expect(parsed.mediaType).toBe(document.mediaType);
    expect(parsed.subject).toBeUndefined();
  });

  it.each([
    ['an empty index', { ...index, manifests: [] }],
    ['a Go nil slice of children', { ...index, manifests: null }],
    ['an image without layers', { ...image, layers: [] }],
    ['a Go nil slice of layers', { ...image, layers: null }],
    ['null where nothing is meant', { ...image, annotations: null, subject: null, artifactType: null }],
    ['a child without a platform', { ...index, manifests: [{ ...child, platform: null }] }],
  ])('accepts %s', (_what, document) => {
    expect(parse(document).annotations).toEqual({});
  });

  it('takes the type from the header when the document has none, and ignores parameters', () => {
    const { mediaType: _mediaType, ...untyped } = image;
    expect(parse(untyped, `${MediaTypes.ociManifest}; charset=utf-8`).mediaType).toBe(MediaTypes.ociManifest);
    expect(parse(untyped, MediaTypes.dockerManifest).mediaType).toBe(MediaTypes.dockerManifest);
  });

  it.each([undefined, ''])('takes the type from the document when the header is %j', (contentType) => {
    expect(parse(index, contentType).mediaType).toBe(MediaTypes.ociIndex);
  });

  it('names each blob once and does not require foreign layers that have urls', () => {
    const foreign = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      digest: digestFor('foreign'),
      size: 9,
      urls: ['https://example.com/layer'],
    };
    const { urls: _urls, ...homeless } = { ...foreign, digest: digestFor('homeless') };
    const parsed = parse({ ...image, layers: [layer, foreign, layer, homeless] });
    expect(parsed.layers).toHaveLength(4);
    expect(parsed.blobs.map(({ digest, required }) => [digest, required])).toEqual([
      [config.digest, true],
      [layer.digest, true],
      [foreign.digest, false],
      [homeless.digest, true],
    ]);
  });

  it('requires a blob that is foreign in one place and not in another', () => {
    const foreign = { ...layer, mediaType: MediaTypes.dockerForeignLayerGzip, urls: ['https://example.com/layer'] };
    expect(parse({ ...image, layers: [foreign, layer] }).blobs[1]).toMatchObject({ required: true });
  });

  it.each([
    ['neither Content-Type nor mediaType', { ...image, mediaType: undefined }, undefined],
    ['Content-Type is .* but mediaType is', image, MediaTypes.dockerManifest],
    ['Content-Type is .* but mediaType is', { ...image, mediaType: 'text/plain' }, MediaTypes.ociManifest],
    ['application/json is not supported', { ...image, mediaType: undefined }, 'application/json'],
    ['is not supported', image, 'application/vnd.cncf.oras.artifact.manifest.v1+json'],
    ['is not supported', { ...image, mediaType: 'application/vnd.oci.artifact.manifest.v1+json' }, undefined],
    ['schema 1', { schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['mediaType is not a media type', { ...image, mediaType: 7 }, MediaTypes.ociManifest],
    ['schemaVersion', { ...image, schemaVersion: 1 }, undefined],
    ['schemaVersion', { ...image, schemaVersion: '2' }, undefined],
    ['schemaVersion', { ...image, schemaVersion: undefined }, undefined],
    ['config is not a descriptor', { ...image, config: undefined }, undefined],
    ['config is not a descriptor', { ...image, config: [] }, undefined],
    ['layers is not a list', { ...image, layers: undefined }, undefined],
    ['layers is not a list', { ...image, layers: {} }, undefined],
    ['layers\\[1\\] is not a descriptor', { ...image, layers: [layer, null] }, undefined],
    ['layers\\[0\\].digest', { ...image, layers: [{ ...layer, digest: 'sha256:abc' }] }, undefined],
    ['layers\\[0\\].digest', { ...image, layers: [{ ...layer, digest: 7 }] }, undefined],
    ['layers\\[0\\].size', { ...image, layers: [{ ...layer, size: -1 }] }, undefined],
    ['layers\\[0\\].size', { ...image, layers: [{ ...layer, size: 1.5 }] }, undefined],
    ['layers\\[0\\].size', { ...image, layers: [{ ...layer, size: '3' }] }, undefined],
    ['layers\\[0\\].size', { ...image, layers: [{ ...layer, size: 2 ** 53 }] }, undefined],
    ['layers\\[0\\].mediaType', { ...image, layers: [{ ...layer, mediaType: '' }] }, undefined],
    ['layers\\[0\\].mediaType', { ...image, layers: [{ ...layer, mediaType: 'x'.repeat(256) }] }, undefined],
    ['layers\\[0\\].urls', { ...image, layers: [{ ...layer, urls: [1] }] }, undefined],
    ['two sizes', { ...image, layers: [layer, { ...layer, size: 4 }] }, undefined],
    ['manifests does not belong', { ...image, manifests: [child] }, undefined],
    ['config does not belong', { ...index, config }, undefined],
    ['layers does not belong', { ...index, layers: [] }, undefined],
    ['manifests is not a list', { ...index, manifests: undefined }, undefined],
    ['platform is not an object', { ...index, manifests: [{ ...child, platform: 'linux' }] }, undefined],
    ['platform.os is not', { ...index, manifests: [{ ...child, platform: { os: 1 } }] }, undefined],
    ['annotations is not a map', { ...image, annotations: { a: 1 } }, undefined],
    ['annotations is not a map', { ...image, annotations: ['a'] }, undefined],
    ['artifactType', { ...image, artifactType: {} }, undefined],
    ['subject.digest', { ...image, subject: { ...child, digest: '' } }, undefined],
  ])('refuses: %s', (message, document, contentType) => {
    expect(() => parse(document, contentType)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringMatching(message) as string }) as Error,
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a byte order mark', Buffer.from(`\u{feff}${JSON.stringify(image)}`)],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['something after the end', Buffer.from(`${JSON.stringify(image)}x`)],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['nesting without end', Buffer.from('['.repeat(4 * 1024 * 1024))],
  ])('refuses %s', (_what, bytes) => {
    expect(() => parseManifest(bytes, MediaTypes.ociManifest)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }) as Error,
    );
  });

  it('counts descriptors', () => {
    const layers = Array.from({ length: maxDescriptors }, () => layer);
    expect(parse({ ...image, layers }).blobs).toHaveLength(2);
    expect(() => parse({ ...image, layers: [...layers, layer] })).toThrow('more than 10000');
  });

  it('keeps an annotation whose key is __proto__ an annotation', () => {
    const text = `{"schemaVersion":2,"manifests":[],"annotations":{"__proto__":"x"}}`;
    const { annotations } = parseManifest(Buffer.from(text), MediaTypes.ociIndex);
    expect(Object.entries(annotations)).toEqual([['__proto__', 'x']]);
  });
});
