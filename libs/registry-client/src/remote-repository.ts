import type { RegistryClient } from './registry.client.js';

/** A repository of a registry. */
export interface RemoteRepository {
  client: RegistryClient;
  repository: string;
}
