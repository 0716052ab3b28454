export { adapterPatterns, type AdapterPattern } from './adapter-pattern.js';
export { Bandwidth } from './bandwidth.js';
export type { CredentialSource, RegistryCredential } from './authorizer.js';
export type { BlobUploads, MountWish, UploadSession } from './blob-uploads.js';
export { copyBlob, type BlobCopyResult, type CopyBlobOptions } from './copy-blob.js';
export { createRemoteRegistry, isRemoteType } from './create-remote-registry.js';
export { DigestCheck } from './digest-check.js';
export {
  maxManifestBytes,
  RegistryClient,
  type BlobStream,
  type ListOptions,
  type Manifest,
  type ManifestHead,
} from './registry.client.js';
export type { RegistryConnection, RegistryConnectionOptions } from './registry-connection.js';
export { RegistryError, type RegistryFailure } from './registry.error.js';
export {
  openEndpoint,
  remoteTypes,
  type ArtifactFilter,
  type RemoteArtifact,
  type RemoteCapabilities,
  type RemoteEndpoint,
  type RemoteOptions,
  type RemoteRegistry,
  type RemoteType,
  type RepositoryFilter,
} from './remote-registry.js';
export type { RemoteRepository } from './remote-repository.js';
export { systemClock, type Clock, type RetryPolicy } from './retry.js';
