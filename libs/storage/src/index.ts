export type {
  BlobEntry,
  BlobReader,
  BlobRemover,
  BlobStore,
  ReadOptions,
  StorageCapacity,
  UploadFiles,
  UploadWriter,
} from './blob-store.js';
export { ByteBudget } from './byte-budget.js';
export { blobDataPath } from './distribution-layout.js';
export { DistributionLayoutProjection, type RepositoryProjection } from './distribution-layout.projection.js';
export { DistributionVolume, type VolumeLink, type VolumeTag } from './distribution-volume.js';
export { FilesystemBlobStore } from './filesystem.driver.js';
export { hashPrefix, type UploadPrefix } from './hash-prefix.js';
export { MemoryBlobStore } from './memory.driver.js';
export { receiveUpload, type Received, type ReceiveOptions } from './receive-upload.js';
export { blobFolders, StoredFiles, type StoredFile } from './stored-files.js';
export { UploadHash } from './upload-hash.js';
