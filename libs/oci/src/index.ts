export { accessoryType, cosignTagSubject, type AccessoryType } from './accessory.js';
export { artifactMediaType, artifactTypeOf, artifactWord } from './artifact-type.js';
export { parseContentRange } from './content-range.js';
export type { Descriptor, Platform } from './descriptor.js';
export { digestOf, digestParts, isDigest, parseDigest, type Digest, type DigestAlgorithm } from './digest.js';
export { maxDescriptors, parseManifest, type ManifestBlob, type ParsedManifest } from './manifest.js';
export {
  isDockerSchema1,
  isForeignLayer,
  isImageManifest,
  isIndex,
  MediaTypes,
  mediaTypeOfHeader,
  type ImageManifestMediaType,
  type IndexMediaType,
  type ManifestMediaType,
} from './media-type.js';
export { parseRange, type ByteRange } from './range.js';
export { isTag, parseReference, type Reference } from './reference.js';
export { referrersIndex, type Referrer, type ReferrersIndex } from './referrers.js';
export { isRepositoryName, parseRepositoryName, splitRepositoryName } from './repository-name.js';
export { parseV2Path, type V2Path } from './v2-path.js';
