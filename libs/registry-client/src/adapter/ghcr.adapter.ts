import type { Digest } from '@haven/oci';
import type { OutboundClient } from '@haven/outbound';
import { z } from 'zod';
import { JsonApi } from '../json-api.js';
import { literalNamespaces } from '../name-pattern.js';
import { RegistryError } from '../registry.error.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const apiVersion = '2022-11-28';
const packages = z.array(z.object({ name: z.string() }));
const versions = z.array(z.object({ id: z.number(), name: z.string() }));

/** GitHub's registry; packages are listed and deleted by GitHub's API (https://docs.github.com/rest/packages/packages). */
export class GhcrAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, minimumPathComponents: 2 };
  private readonly api: JsonApi;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    super(endpoint, outbound, { ...options, url: 'https://ghcr.io' });
    const { credential } = endpoint;
    const headers = {
      accept: 'application/vnd.github+json',
      'x-github-api-version': apiVersion,
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential.accessSecret}` }),
    };
    this.api = new JsonApi(this.client.connection.transport, 'https://api.github.com', headers);
  }

  /** A version of a package is what we know as an artifact, with all its tags. */
  override async deleteArtifact(repository: string, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    const [owner = '', ...rest] = repository.split('/');
    const path = `/packages/container/${encodeURIComponent(rest.join('/'))}/versions`;
    const base = `${await this.ownerPath(owner, signal)}${path}`;
    for await (const page of this.api.pages(`${base}?per_page=100`, versions, { signal })) {
      const found = page.find(({ name }) => name === digest);
      if (found !== undefined) return this.api.remove(`${base}/${found.id}`, signal);
    }
    return false;
  }

  /** Without an owner in the pattern, the packages of the account itself. */
  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const own = this.endpoint.credential?.accessKey;
    for (const owner of literalNamespaces(pattern) ?? (own === undefined ? [] : [own])) {
      const path = `${await this.ownerPath(owner, signal)}/packages?package_type=container&per_page=100`;
      for await (const page of this.api.pages(path, packages, { signal })) {
        yield* page.map(({ name }) => `${owner}/${name}`.toLowerCase());
      }
    }
  }

  private async ownerPath(owner: string, signal?: AbortSignal): Promise<string> {
    const user = z.object({ type: z.string() });
    const { type } = await this.api.read(`/users/${encodeURIComponent(owner)}`, user, { signal });
    if (type !== 'Organization' && type !== 'User') throw new RegistryError('not-found', `there is no owner ${owner}`);
    return `/${type === 'User' ? 'users' : 'orgs'}/${encodeURIComponent(owner)}`;
  }
}
