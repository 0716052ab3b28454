import type { OutboundClient } from '@haven/outbound';
import { DistributionAdapter } from './adapter/distribution.adapter.js';
import { HarborAdapter } from './adapter/harbor.adapter.js';
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
  'docker-registry': DistributionAdapter,
  harbor: HarborAdapter,
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
