import type { Digest } from '@haven/oci';
import type { OutboundClient } from '@haven/outbound';
import type { CredentialSource } from '../authorizer.js';
import { literalNames, literalPrefix } from '../name-pattern.js';
import { RegistryClient } from '../registry.client.js';
import {
  plainCapabilities,
  type RemoteCapabilities,
  type RemoteEndpoint,
  type RemoteOptions,
  type RemoteRegistry,
  type RepositoryFilter,
} from '../remote-registry.js';

/** What an adapter of a cloud finds out by itself. */
export interface RegistryPlace {
  url?: string | ((signal?: AbortSignal) => Promise<string>);
  credentials?: CredentialSource;
}

/** Any registry of the OCI specification, with a catalog; the others do some things in another way. */
export class DistributionAdapter implements RemoteRegistry {
  readonly client: RegistryClient;
  readonly capabilities: RemoteCapabilities = plainCapabilities;

  constructor(
    readonly endpoint: RemoteEndpoint,
    outbound: OutboundClient,
    { url: place, credentials, ...options }: RemoteOptions & RegistryPlace = {},
  ) {
    const { url, insecure, caCertificate, credential = null } = endpoint;
    this.client = new RegistryClient(outbound, {
      ...options,
      url: place ?? url,
      insecure,
      credentials: credentials ?? credential,
      ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    });
  }

  ping(signal?: AbortSignal): Promise<void> {
    return this.client.ping(signal);
  }

  async *listRepositories({ namePattern = '' }: RepositoryFilter, signal?: AbortSignal): AsyncGenerator<string> {
    yield* literalNames(namePattern) ?? this.listMatching(namePattern, signal);
  }

  /** Names of registries need nothing made for them. */
  prepareForPush(_repositories: readonly string[], _signal?: AbortSignal): Promise<void> {
    return Promise.resolve();
  }

  deleteArtifact(repository: string, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return this.client.deleteManifest(repository, digest, signal);
  }

  deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    return this.client.deleteTag(repository, tag, signal);
  }

  /** Names for a pattern with wildcards. */
  protected async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const prefix = literalPrefix(pattern);
    // Some registries know only names that exist as a place to begin at.
    for await (const name of this.client.catalog({ signal })) if (name.startsWith(prefix)) yield name;
  }
}
