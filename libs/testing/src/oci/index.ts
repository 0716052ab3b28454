export {
  contentOf,
  descriptorOf,
  deterministicBytes,
  jsonContent,
  sha256,
  type Content,
  type Descriptor,
} from './content.js';
export { makeChart, type ChartOptions } from './chart.js';
export { anyManifest, mediaTypes, type ImageFormat } from './media-type.js';
export { makeLayer, type Layer, type LayerOptions } from './layer.js';
export {
  makeImage,
  makeIndex,
  makeReferrer,
  makeTwoPlatformIndex,
  type Artifact,
  type Image,
  type ImageOptions,
  type Index,
  type Platform,
  type ReferrerOptions,
} from './image.js';
export { contentsOf, readOciLayout, writeOciLayout } from './oci-layout.js';
export { dockerArchive } from './docker-archive.js';
export { Answer, basic, send, type RequestBody, type RequestOptions } from './http.js';
export { parseBearerChallenge, type BearerChallenge } from './challenge.js';
export { locationOf, RegistryClient, type Credentials } from './registry.client.js';
export {
  closingLocation,
  openUpload,
  pullBlob,
  pullManifest,
  pullWhole,
  pushArtifact,
  putManifest,
  uploadBlob,
  type PushOptions,
  type UploadManner,
} from './transfer.js';
export { FaultProxy, type Fault, type Passed } from './fault-proxy.js';
export { hasStockRegistry, StockRegistry } from './stock-registry.js';
