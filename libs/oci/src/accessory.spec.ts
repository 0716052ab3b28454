import { accessoryType, cosignTagSubject } from './accessory.js';
import { digestOf } from './digest.js';
import { parseManifest, type ParsedManifest } from './manifest.js';
import { MediaTypes } from './media-type.js';

const digest = digestOf(Buffer.from('x'));
const hex = digest.slice('sha256:'.length);
const cosignLayer = 'application/vnd.dev.cosign.simplesigning.v1+json';

const image = (
  configType: string,
  artifactType?: string,
  layers: { mediaType: string; annotations?: Record<string, string> }[] = [],
): ParsedManifest =>
  parseManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        artifactType,
        config: { mediaType: configType, digest, size: 1 },
        layers: layers.map((layer) => ({ ...layer, digest, size: 1 })),
        subject: { mediaType: MediaTypes.ociManifest, digest, size: 1 },
      }),
    ),
    MediaTypes.ociManifest,
  );

describe('cosignTagSubject', () => {
  const signature = image(MediaTypes.ociConfig, undefined, [{ mediaType: cosignLayer }]);

  it('is the digest in the tag', () => {
    expect(cosignTagSubject(`sha256-${hex}.sig`, signature)).toBe(digest);
  });

  it.each([
    ['an attestation', `sha256-${hex}.att`],
    ['an SBOM', `sha256-${hex}.sbom`],
    ['no suffix', `sha256-${hex}`],
    ['a short digest', `sha256-${hex.slice(1)}.sig`],
    ['another algorithm', `sha512-${hex}${hex}.sig`],
    ['an ordinary tag', 'latest'],
  ])('is null for %s', (_what, tag) => {
    expect(cosignTagSubject(tag, signature)).toBeNull();
  });

  it('is null without a layer of signatures', () => {
    const plain = image(MediaTypes.ociConfig, undefined, [{ mediaType: MediaTypes.ociLayerGzip }]);
    expect(cosignTagSubject(`sha256-${hex}.sig`, plain)).toBeNull();
  });
});

describe('accessoryType', () => {
  const nydus = {
    mediaType: MediaTypes.ociLayerGzip,
    annotations: { 'containerd.io/snapshot/nydus-bootstrap': 'true' },
  };
  const plain = { mediaType: MediaTypes.ociLayerGzip };

  it.each<[string, ParsedManifest]>([
    ['signature.notation', image('application/vnd.cncf.notary.signature')],
    ['signature.notation', image(MediaTypes.ociEmpty, 'application/vnd.cncf.notary.signature')],
    ['signature.cosign', image('application/vnd.dev.cosign.artifact.sig.v1+json')],
    ['signature.cosign', image(MediaTypes.ociEmpty, 'application/vnd.dev.sigstore.bundle.v0.3+json')],
    ['accelerator.nydus', image(MediaTypes.ociConfig, undefined, [plain, nydus])],
    ['accelerator.nydus', image(MediaTypes.dockerConfig, undefined, [nydus])],
    ['subject.accessory', image(MediaTypes.ociConfig, undefined, [nydus, plain])],
    ['subject.accessory', image(MediaTypes.ociConfig, 'application/vnd.example', [nydus])],
    ['sbom.harbor', image('application/vnd.goharbor.harbor.sbom.v1')],
    ['subject.accessory', image(MediaTypes.ociConfig)],
    ['subject.accessory', image(MediaTypes.ociEmpty, 'application/spdx+json')],
  ])('%s', (type, manifest) => {
    expect(accessoryType(manifest)).toBe(type);
  });

  it('is subject.accessory for an index', () => {
    const index = parseManifest(Buffer.from('{"schemaVersion":2,"manifests":[]}'), MediaTypes.ociIndex);
    expect(accessoryType(index)).toBe('subject.accessory');
  });
});
