import type { OutboundClient } from '@haven/outbound';
import { AcrAdapter } from './adapter/acr.adapter.js';
import { AliAcrAdapter } from './adapter/ali-acr.adapter.js';
import { DistributionAdapter } from './adapter/distribution.adapter.js';
import { DockerHubAdapter } from './adapter/docker-hub.adapter.js';
import { EcrAdapter } from './adapter/ecr.adapter.js';
import { GcrAdapter } from './adapter/gcr.adapter.js';
import { GhcrAdapter } from './adapter/ghcr.adapter.js';
import { GitlabAdapter } from './adapter/gitlab.adapter.js';
import { HarborAdapter } from './adapter/harbor.adapter.js';
import { JfrogAdapter } from './adapter/jfrog.adapter.js';
import { QuayAdapter } from './adapter/quay.adapter.js';
import { ZotAdapter } from './adapter/zot.adapter.js';
import { RegistryError } from './registry.error.js';
import {
  remoteTypes,
  type RemoteEndpoint,
  type RemoteOptions,
  type RemoteRegistry,
  type RemoteType,
} from './remote-registry.js';

type Adapter = new (endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions) => RemoteRegistry;

const adapters: Readonly<Record<RemoteType, Adapter>> = {
  'ali-acr': AliAcrAdapter,
  'aws-ecr': EcrAdapter,
  'azure-acr': AcrAdapter,
  'docker-hub': DockerHubAdapter,
  'docker-registry': DistributionAdapter,
  'github-ghcr': GhcrAdapter,
  gitlab: GitlabAdapter,
  'google-gcr': GcrAdapter,
  harbor: HarborAdapter,
  'jfrog-artifactory': JfrogAdapter,
  quay: QuayAdapter,
  zot: ZotAdapter,
};

export const isRemoteType = (type: string): type is RemoteType => (remoteTypes as readonly string[]).includes(type);

/** The registry behind an endpoint; nothing is asked of it yet. @throws RegistryError unsupported for an unknown type */
export function createRemoteRegistry(
  endpoint: RemoteEndpoint,
  outbound: OutboundClient,
  options: RemoteOptions = {},
): RemoteRegistry {
  const { type } = endpoint;
  if (!isRemoteType(type)) throw new RegistryError('unsupported', `there is no adapter for ${JSON.stringify(type)}`);
  return new adapters[type](endpoint, outbound, options);
}
