import type { OutboundClient } from '@haven/outbound';
import { z } from 'zod';
import { basicAuthorization } from '../authorizer.js';
import { JsonApi } from '../json-api.js';
import { literalPrefix } from '../name-pattern.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const keys = z.array(z.object({ key: z.string() }));
const catalog = z.object({ repositories: z.array(z.string()).nullish() });

/** JFrog Artifactory: the first part of a name is a repository of Artifactory's, which its API lists and makes. */
export class JfrogAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, tagDeletion: true, minimumPathComponents: 2 };
  private readonly api: JsonApi;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    super(endpoint, outbound, options);
    const { credential, url } = endpoint;
    this.api = new JsonApi(this.client.connection.transport, `${url}/artifactory`, basicAuthorization(credential));
  }

  override async prepareForPush(repositories: readonly string[], signal?: AbortSignal): Promise<void> {
    const there = new Set(await this.keys(signal));
    const wanted = new Set(repositories.map((name) => name.split('/', 1)[0] ?? ''));
    for (const key of wanted) {
      if (there.has(key)) continue;
      const body = { key, rclass: 'local', packageType: 'docker', dockerApiVersion: 'V2' };
      const path = `/api/repositories/${encodeURIComponent(key)}`;
      (await this.api.call(path, { method: 'PUT', body, statuses: [200, 201], signal })).drop();
    }
  }

  /** A tag is a folder of its repository. */
  override deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    return this.api.remove(`/${repository}/${encodeURIComponent(tag)}`, signal);
  }

  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const prefix = literalPrefix(pattern);
    for (const key of await this.keys(signal)) {
      if (!`${key}/`.startsWith(prefix) && !prefix.startsWith(`${key}/`)) continue;
      const path = `/api/docker/${encodeURIComponent(key)}/v2/_catalog?n=1000`;
      for await (const { repositories } of this.api.pages(path, catalog, { signal })) {
        yield* (repositories ?? []).map((name) => `${key}/${name}`).filter((name) => name.startsWith(prefix));
      }
    }
  }

  private async keys(signal?: AbortSignal): Promise<string[]> {
    const found = await this.api.read('/api/repositories?packageType=docker', keys, { signal });
    return found.map(({ key }) => key);
  }
}
