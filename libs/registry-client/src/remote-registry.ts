import type { Digest } from '@haven/oci';
import type { RegistryCredential } from './authorizer.js';
import type { RegistryClient } from './registry.client.js';
import type { Clock, RetryPolicy } from './retry.js';

/** Harbor's names of adapters, and `zot`. */
export type RemoteType = (typeof remoteTypes)[number];

/** All kinds of registries that there is an adapter for. */
export const remoteTypes = [
  'ali-acr',
  'aws-ecr',
  'azure-acr',
  'docker-hub',
  'docker-registry',
  'github-ghcr',
  'gitlab',
  'google-gcr',
  'harbor',
  'jfrog-artifactory',
  'quay',
  'zot',
] as const;

/** A registry endpoint as somebody has set it up, its secrets in clear. */
export interface RemoteEndpoint {
  id: number;
  name: string;
  type: string;
  url: string;
  insecure: boolean;
  /** Authorities for this endpoint, in PEM. */
  caCertificate?: string | undefined;
  credential?: RegistryCredential | undefined;
}

/** How patient one is with it. */
export interface RemoteOptions {
  retry?: Partial<RetryPolicy>;
  clock?: Clock;
}

/** An endpoint as the database has it. */
interface SealedEndpoint extends Omit<RemoteEndpoint, 'caCertificate' | 'credential'> {
  caCertificate: string;
  credentialType: string;
  accessKey: string;
  sealedSecret: string;
}

/** An endpoint of the database, opened. @param open makes a secret readable again */
export function openEndpoint(sealed: SealedEndpoint, open: (secret: string) => string): RemoteEndpoint {
  const { caCertificate, credentialType, accessKey, sealedSecret, id, name, type, url, insecure } = sealed;
  const accessSecret = sealedSecret === '' ? '' : open(sealedSecret);
  const hasCredential = accessKey !== '' || accessSecret !== '';
  const kind = credentialType === 'oauth' || credentialType === 'secret' ? credentialType : 'basic';
  return {
    ...{ id, name, type, url, insecure },
    ...(caCertificate === '' ? {} : { caCertificate }),
    ...(hasCredential ? { credential: { type: kind, accessKey, accessSecret } } : {}),
  };
}

export interface RepositoryFilter {
  /** A doublestar pattern of full names; absent or empty: all. */
  namePattern?: string | undefined;
}

export interface ArtifactFilter {
  /** Labels by name, all of which an artifact has to have. */
  labels?: readonly string[];
}

export interface RemoteArtifact {
  digest: Digest;
  mediaType: string;
  tags: readonly string[];
  labels: readonly string[];
}

/** What the registry behind an endpoint can do. */
export interface RemoteCapabilities {
  /** It takes uploads in chunks. */
  copyByChunk: boolean;
  /** Artifacts can be deleted by their digest. */
  artifactDeletion: boolean;
  /** A tag can be deleted while its artifact stays; where this is false, it may be refused as `unsupported`. */
  tagDeletion: boolean;
  /** Artifacts can be found by label: there is `listArtifacts`. */
  labels: boolean;
  /** How many parts, separated by `/`, a name of a repository needs. */
  minimumPathComponents: number;
  /** And how many it may have. */
  maximumPathComponents: number;
}

/** What every registry of the OCI specification can do. */
export const plainCapabilities: RemoteCapabilities = {
  copyByChunk: false,
  artifactDeletion: true,
  tagDeletion: false,
  labels: false,
  minimumPathComponents: 1,
  maximumPathComponents: Infinity,
};

/** One remote registry, with what replication needs beyond the OCI specification. All methods throw `RegistryError`. */
export interface RemoteRegistry {
  readonly endpoint: Pick<RemoteEndpoint, 'id' | 'name' | 'type' | 'url'>;
  readonly client: RegistryClient;
  readonly capabilities: RemoteCapabilities;
  /** Whether it is there, and takes the credentials. */
  ping: (signal?: AbortSignal) => Promise<void>;
  /**
   * Names of repositories. The pattern narrows what is asked for, as far as the registry can; what comes may be more than
   * it matches, and whoever asks looks at each name. A pattern without wildcards asks nothing: the names are what it says.
   */
  listRepositories: (filter: RepositoryFilter, signal?: AbortSignal) => AsyncIterable<string>;
  /** Where there is more to find artifacts by than tags. */
  listArtifacts?: (repository: string, filter: ArtifactFilter, signal?: AbortSignal) => AsyncIterable<RemoteArtifact>;
  /** Names of the labels that artifacts can be found by. */
  listLabels?: (signal?: AbortSignal) => Promise<string[]>;
  /** A repository that has the blob already, to mount from. */
  findBlob?: (digest: Digest, signal?: AbortSignal) => Promise<string | null>;
  /** Makes what has to be there before a push: projects, repositories. */
  prepareForPush: (repositories: readonly string[], signal?: AbortSignal) => Promise<void>;
  /** @returns false when it was not there */
  deleteArtifact: (repository: string, digest: Digest, signal?: AbortSignal) => Promise<boolean>;
  /** @returns false when it was not there */
  deleteTag: (repository: string, tag: string, signal?: AbortSignal) => Promise<boolean>;
}
