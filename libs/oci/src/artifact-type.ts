import type { ParsedManifest } from './manifest.js';
import { MediaTypes } from './media-type.js';

const cnabManifest = 'application/vnd.cnab.manifest.v1';
const wasmConfig = 'application/vnd.wasm.config.v1+json';

const words = new Map<string, string>([
  [MediaTypes.ociConfig, 'IMAGE'],
  [MediaTypes.dockerConfig, 'IMAGE'],
  [MediaTypes.ociIndex, 'IMAGE'],
  [MediaTypes.dockerManifestList, 'IMAGE'],
  [cnabManifest, 'CNAB'],
  [wasmConfig, 'WASM'],
  ['application/vnd.wasm.config.v0+json', 'WASM'],
  ['application/vnd.cncf.helm.config.v1+json', 'CHART'],
  ['application/vnd.cncf.model.manifest.v1+json', 'CNAI'],
  ['application/vnd.cncf.model.config.v1+json', 'CNAI'],
  ['application/vnd.goharbor.harbor.sbom.v1', 'SBOM'],
]);

/** `application/vnd.<org>.<type>.config.<version>+json`, Harbor's convention for types of one's own. */
const customConfig = /^application\/vnd\.[^.]*\.(.+)\.config\.[^.]*\+json$/;

type Described = Pick<ParsedManifest, 'mediaType' | 'artifactType' | 'config' | 'annotations'>;

/**
 * Harbor's `media_type`: the config's type for an image manifest, the index's own type for an index;
 * Wasm images and CNAB bundles say what they are in annotations.
 */
export function artifactMediaType(manifest: Described): string {
  const { config, annotations } = manifest;
  if (config === undefined) return annotations['org.opencontainers.artifactType'] ?? manifest.mediaType;
  const isWasm = annotations['module.wasm.image/variant'] === 'compat' || annotations['run.oci.handler'] === 'wasm';
  return isWasm ? wasmConfig : config.mediaType;
}

/** Harbor's `artifact_type`, which is also the `artifactType` of a referrer: empty for an index that names none. */
export const artifactTypeOf = (manifest: Described): string =>
  manifest.artifactType ?? manifest.config?.mediaType ?? '';

/** Harbor's `type`, the upper-case word that lists and filters show: IMAGE, CHART, …, the custom type's word, or UNKNOWN. */
export function artifactWord(manifest: Described): string {
  const { artifactType, config } = manifest;
  const declared = artifactType === undefined ? undefined : words.get(artifactType);
  if (declared !== undefined) return declared;
  // An index that declares a type of its own is not an image for several platforms.
  if (artifactType !== undefined && config === undefined) return 'UNKNOWN';
  const mediaType = artifactMediaType(manifest);
  return words.get(mediaType) ?? customConfig.exec(mediaType)?.[1]?.toUpperCase() ?? 'UNKNOWN';
}
