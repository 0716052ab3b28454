import type { Digest } from '@haven/oci';
import type { OutboundClient } from '@haven/outbound';
import { z } from 'zod';
import { basicAuthorization } from '../authorizer.js';
import { JsonApi } from '../json-api.js';
import { literalPrefix } from '../name-pattern.js';
import { RegistryError } from '../registry.error.js';
import {
  plainCapabilities,
  type ArtifactFilter,
  type RemoteArtifact,
  type RemoteEndpoint,
  type RemoteOptions,
} from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const pageSize = 100;
const named = z.array(z.object({ name: z.string() }));
const projects = z.array(z.object({ name: z.string(), registry_id: z.number().nullish() })).nullable();
const artifacts = z
  .array(
    z.object({
      digest: z.string(),
      manifest_media_type: z.string().optional(),
      tags: named.nullish(),
      labels: named.nullish(),
    }),
  )
  .nullable();

/** Harbor, and Haven: a project has to be there before a push, and the API knows labels. */
export class HarborAdapter extends DistributionAdapter {
  override readonly capabilities = {
    ...plainCapabilities,
    copyByChunk: true,
    tagDeletion: true,
    labels: true,
    minimumPathComponents: 2,
  };
  private readonly api: JsonApi;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    super(endpoint, outbound, options);
    const { credential, url } = endpoint;
    this.api = new JsonApi(this.client.connection.transport, `${url}/api/v2.0`, basicAuthorization(credential));
  }

  async *listArtifacts(
    repository: string,
    { labels = [] }: ArtifactFilter,
    signal?: AbortSignal,
  ): AsyncGenerator<RemoteArtifact> {
    const query = `with_tag=true&with_label=true&page_size=${pageSize}`;
    const path = `${pathOf(repository)}/artifacts?${query}`;
    for await (const page of this.api.pages(path, artifacts, { signal })) {
      for (const artifact of page ?? []) {
        const own = (artifact.labels ?? []).map(({ name }) => name);
        if (!labels.every((label) => own.includes(label))) continue;
        yield {
          digest: artifact.digest as Digest,
          mediaType: artifact.manifest_media_type ?? '',
          tags: (artifact.tags ?? []).map(({ name }) => name),
          labels: own,
        };
      }
    }
  }

  async listLabels(signal?: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    for await (const page of this.api.pages(`/labels?scope=g&page_size=${pageSize}`, named.nullable(), { signal })) {
      names.push(...(page ?? []).map(({ name }) => name));
    }
    return names;
  }

  async findBlob(digest: Digest, signal?: AbortSignal): Promise<string | null> {
    const path = `/repositories?page=1&page_size=1&q=${encodeURIComponent(`blob_digest=${digest}`)}`;
    const found = await this.api.read(path, named.nullable(), { signal });
    return found?.[0]?.name ?? null;
  }

  override async prepareForPush(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const wanted = [...new Set(names.map((name) => name.split('/', 1)[0] ?? ''))];
    for (let at = 0; at < wanted.length; at += pageSize) {
      const some = wanted.slice(at, at + pageSize);
      const query = encodeURIComponent(`name={${some.join(' ')}}`);
      const path = `/projects?page=1&page_size=${pageSize}&q=${query}`;
      const there = (await this.api.read(path, projects, { signal })) ?? [];
      for (const { name, registry_id: upstream } of there) {
        if ((upstream ?? 0) === 0) continue;
        throw new RegistryError(
          'refused',
          `${this.endpoint.url}: project ${name} is a proxy cache, nothing is pushed to it`,
        );
      }
      const known = new Set(there.map(({ name }) => name));
      for (const name of some) if (!known.has(name)) await this.createProject(name, signal);
    }
  }

  override deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    const name = encodeURIComponent(tag);
    return this.api.remove(`${pathOf(repository)}/artifacts/${name}/tags/${name}`, signal);
  }

  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const prefix = literalPrefix(pattern);
    const query = prefix === '' ? '' : `&q=${encodeURIComponent(`name=~${prefix}`)}`;
    const path = `/repositories?page_size=${pageSize}${query}`;
    for await (const page of this.api.pages(path, named.nullable(), { signal })) {
      for (const { name } of page ?? []) if (name.startsWith(prefix)) yield name;
    }
  }

  private async createProject(name: string, signal?: AbortSignal): Promise<void> {
    const body = { project_name: name, metadata: { public: 'false' } };
    // Somebody else may have made it meanwhile.
    (await this.api.call('/projects', { method: 'POST', body, statuses: [201, 409], signal })).drop();
  }
}

/** Of a repository in the API: what follows the project is one segment, escaped twice. */
function pathOf(repository: string): string {
  const [project = '', ...rest] = repository.split('/');
  const name = encodeURIComponent(encodeURIComponent(rest.join('/')));
  return `/projects/${encodeURIComponent(project)}/repositories/${name}`;
}
