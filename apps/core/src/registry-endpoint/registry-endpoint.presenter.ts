import { compact, dateTime, keep } from '@haven/http';
import { adapterPatterns, type AdapterPattern } from '@haven/registry-client';
import type { RegistryRow } from './registry-endpoint.repository.js';
import { maskedSecret } from './registry-endpoint.schema.js';
import type { RegistryAbilities } from './registry-endpoint.service.js';

/** Harbor's Registry. */
export const presentRegistry = (row: RegistryRow): object =>
  compact({
    id: keep(row.id),
    name: row.name,
    description: row.description,
    type: row.type,
    url: row.url,
    credential: compact({
      type: row.credentialType,
      access_key: row.accessKey,
      access_secret: row.sealedSecret === '' ? '' : maskedSecret,
    }),
    insecure: row.insecure,
    ca_certificate: row.caCertificate,
    status: row.health,
    creation_time: dateTime(row.creationTime),
    update_time: dateTime(row.updateTime),
  });

/** Harbor's RegistryInfo. */
export const presentAbilities = ({ type, labels, copyByChunk, isLocal }: RegistryAbilities): object =>
  compact({
    type,
    supported_resource_filters: [
      { type: 'name', style: 'input' },
      { type: 'tag', style: 'input' },
      ...(labels === null || labels.length === 0 ? [] : [{ type: 'label', style: 'list', values: labels }]),
      { type: 'resource', style: 'radio', values: type === 'harbor' ? ['image', 'artifact'] : ['image'] },
    ],
    supported_triggers: ['manual', 'scheduled', ...(isLocal ? ['event_based'] : [])],
    supported_copy_by_chunk: copyByChunk,
  });

/** Harbor's RegistryProviderInfo, by type: of those registries whose address or credentials follow a pattern. */
export const presentAdapterPatterns = (): object =>
  Object.fromEntries(Object.entries(adapterPatterns).map(([type, pattern]) => [type, presentPattern(pattern)]));

const presentPattern = ({ endpoint, credential }: AdapterPattern): object =>
  compact({
    endpoint_pattern: { endpoint_type: `EndpointPatternType${endpoint.type}`, endpoints: endpoint.addresses },
    credential_pattern:
      credential === undefined
        ? undefined
        : {
            access_key_type: 'AccessKeyTypeFix',
            access_key_data: credential.accessKey,
            access_secret_type: 'AccessSecretTypeFile',
            access_secret_data: 'No Change',
          },
  });
