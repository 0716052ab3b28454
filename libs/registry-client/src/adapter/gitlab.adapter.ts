import type { OutboundClient } from '@haven/outbound';
import { z } from 'zod';
import { parseChallenge } from '../challenge.js';
import { JsonApi } from '../json-api.js';
import { memo } from '../memo.js';
import { literalPrefix } from '../name-pattern.js';
import { RegistryError } from '../registry.error.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const projects = z.array(z.object({ id: z.number(), path_with_namespace: z.string() }));
const repositories = z.array(z.object({ path: z.string() }));

/** GitLab's registry; its API stands where it sends for tokens (https://docs.gitlab.com/api/container_registry/). */
export class GitlabAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, tagDeletion: true, minimumPathComponents: 2 };
  private readonly api: JsonApi;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    super(endpoint, outbound, options);
    const { transport } = this.client.connection;
    const place = memo(transport.clock, async (signal) => ({ value: await this.apiOrigin(signal), until: Infinity }));
    const token = endpoint.credential?.accessSecret;
    const headers: Record<string, string> = token === undefined ? {} : { 'private-token': token };
    this.api = new JsonApi(transport, async (signal) => `${await place(signal)}/api/v4`, headers);
  }

  /** Of the projects that the account is a member of. */
  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const prefix = literalPrefix(pattern);
    const path = '/projects?membership=true&simple=true&order_by=id&sort=asc&per_page=100';
    for await (const page of this.api.pages(path, projects, { signal })) {
      for (const project of page) {
        const own = project.path_with_namespace.toLowerCase();
        if (own.startsWith(prefix) || prefix.startsWith(own)) yield* this.listProject(project.id, prefix, signal);
      }
    }
  }

  private async *listProject(id: number, prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    const pages = this.api.pages(`/projects/${id}/registry/repositories?per_page=100`, repositories, { signal });
    try {
      for await (const page of pages) yield* page.map(({ path }) => path).filter((path) => path.startsWith(prefix));
    } catch (error) {
      // A project may have its registry switched off.
      const isOff = error instanceof RegistryError && (error.failure === 'denied' || error.failure === 'not-found');
      if (!isOff) throw error;
    }
  }

  private async apiOrigin(signal?: AbortSignal): Promise<string> {
    const { transport } = this.client.connection;
    const url = new URL('/v2/', this.endpoint.url);
    const response = await transport.send(url, signal === undefined ? {} : { signal });
    response.drop();
    const challenge = parseChallenge(response.header('www-authenticate'));
    const realm = challenge?.scheme === 'bearer' ? URL.parse(challenge.realm) : null;
    // The token of the account goes there: never without TLS where the registry has it.
    const isSound = realm !== null && (realm.protocol === 'https:' || url.protocol === 'http:');
    if (!isSound) throw new RegistryError('malformed', `${url.origin} does not say where its API is`);
    return realm.origin;
  }
}
