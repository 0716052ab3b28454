import type { Provider } from '@nestjs/common';
import {
  ByteBudget,
  DistributionLayoutProjection,
  FilesystemBlobStore,
  MemoryBlobStore,
  type BlobStore,
  type RepositoryProjection,
} from '@haven/storage';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';

/** Injection token of the {@link BlobStore}. */
export const BLOB_STORE = Symbol('blob store');

/** Injection token of the {@link RepositoryProjection}, or null where none is kept. */
export const PROJECTION = Symbol('projection');

const createStore = (config: RegistryConfig): BlobStore =>
  config.storageDriver === 'filesystem' ? new FilesystemBlobStore(config.storageRoot) : new MemoryBlobStore();

const createProjection = (config: RegistryConfig): RepositoryProjection | null =>
  config.storageDriver === 'filesystem' && config.storageProjection
    ? new DistributionLayoutProjection(config.storageRoot)
    : null;

export const storageProviders: Provider[] = [
  { provide: BLOB_STORE, inject: [REGISTRY_CONFIG], useFactory: createStore },
  { provide: PROJECTION, inject: [REGISTRY_CONFIG], useFactory: createProjection },
  {
    provide: ByteBudget,
    inject: [REGISTRY_CONFIG],
    useFactory: (config: RegistryConfig) => new ByteBudget(config.uploadMemoryBytes),
  },
];
