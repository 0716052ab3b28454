import { artifactMediaType, artifactTypeOf, artifactWord } from './artifact-type.js';
import { digestOf } from './digest.js';
import { MediaTypes, type ManifestMediaType } from './media-type.js';

interface Row {
  mediaType?: ManifestMediaType;
  config?: string;
  artifactType?: string;
  annotations?: Record<string, string>;
}

const manifest = ({ mediaType = MediaTypes.ociManifest, config, artifactType, annotations = {} }: Row) => ({
  mediaType,
  annotations,
  ...(config === undefined ? {} : { config: { mediaType: config, digest: digestOf(Buffer.alloc(0)), size: 0 } }),
  ...(artifactType === undefined ? {} : { artifactType }),
});

const ociConfig = MediaTypes.ociConfig;
const ociIndex = MediaTypes.ociIndex;

describe('artifact type', () => {
  it.each<[string, Row]>([
    ['IMAGE', { config: ociConfig }],
    ['IMAGE', { mediaType: MediaTypes.dockerManifest, config: MediaTypes.dockerConfig }],
    ['IMAGE', { mediaType: ociIndex }],
    ['IMAGE', { mediaType: MediaTypes.dockerManifestList }],
    ['IMAGE', { config: ociConfig, artifactType: 'application/vnd.example' }],
    ['CHART', { config: 'application/vnd.cncf.helm.config.v1+json' }],
    [
      'CNAB',
      { mediaType: ociIndex, annotations: { 'org.opencontainers.artifactType': 'application/vnd.cnab.manifest.v1' } },
    ],
    ['WASM', { config: 'application/vnd.wasm.config.v1+json' }],
    ['WASM', { config: 'application/vnd.wasm.config.v0+json' }],
    ['WASM', { config: 'application/vnd.example', annotations: { 'module.wasm.image/variant': 'compat' } }],
    ['WASM', { config: 'application/vnd.example', annotations: { 'run.oci.handler': 'wasm' } }],
    ['CNAI', { config: 'application/vnd.cncf.model.config.v1+json' }],
    ['CNAI', { config: MediaTypes.ociEmpty, artifactType: 'application/vnd.cncf.model.manifest.v1+json' }],
    ['SBOM', { config: 'application/vnd.goharbor.harbor.sbom.v1' }],
    ['SBOM', { config: MediaTypes.ociEmpty, artifactType: 'application/vnd.goharbor.harbor.sbom.v1' }],
    ['MODEL', { config: 'application/vnd.caicloud.model.config.v1alpha1+json' }],
    ['A.B', { config: 'application/vnd.example.a.b.config.v1+json' }],
    ['UNKNOWN', { config: MediaTypes.ociEmpty, artifactType: 'application/vnd.example' }],
    ['UNKNOWN', { config: 'application/vnd.example.config.v1+json' }],
    ['UNKNOWN', { config: 'application/json' }],
    ['UNKNOWN', { mediaType: ociIndex, artifactType: 'application/vnd.example' }],
  ])('%s: %j', (word, row) => {
    expect(artifactWord(manifest(row))).toBe(word);
  });

  it.each<[string, string, Row]>([
    [ociConfig, ociConfig, { config: ociConfig }],
    [ociConfig, 'application/vnd.example', { config: ociConfig, artifactType: 'application/vnd.example' }],
    [ociIndex, '', { mediaType: ociIndex }],
    [ociIndex, 'application/vnd.example', { mediaType: ociIndex, artifactType: 'application/vnd.example' }],
    [
      'application/vnd.wasm.config.v1+json',
      ociConfig,
      { config: ociConfig, annotations: { 'run.oci.handler': 'wasm' } },
    ],
  ])('media type %s, artifact type %j', (mediaType, artifactType, row) => {
    expect(artifactMediaType(manifest(row))).toBe(mediaType);
    expect(artifactTypeOf(manifest(row))).toBe(artifactType);
  });
});
