import type { Digest } from '@haven/oci';
import type { OutboundResponse } from '@haven/outbound';
import { z } from 'zod';
import { basicHeader } from '../authorizer.js';
import { literalPrefix } from '../name-pattern.js';
import { readJson } from '../read-json.js';
import { RegistryError } from '../registry.error.js';
import type { ArtifactFilter, RemoteArtifact } from '../remote-registry.js';
import type { TransportRequest } from '../transport.js';
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
    copyByChunk: true,
    artifactDeletion: true,
    tagDeletion: true,
    labels: true,
    minimumPathComponents: 2,
    maximumPathComponents: Infinity,
  };

  async *listArtifacts(
    repository: string,
    { labels = [] }: ArtifactFilter,
    signal?: AbortSignal,
  ): AsyncGenerator<RemoteArtifact> {
    const query = 'with_tag=true&with_label=true&with_scan_overview=false';
    for await (const page of this.pages(`${pathOf(repository)}/artifacts?${query}`, artifacts, signal)) {
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
    for await (const page of this.pages('/labels?scope=g', named.nullable(), signal)) {
      names.push(...(page ?? []).map(({ name }) => name));
    }
    return names;
  }

  async findBlob(digest: Digest, signal?: AbortSignal): Promise<string | null> {
    const path = `/repositories?page=1&page_size=1&q=${encodeURIComponent(`blob_digest=${digest}`)}`;
    const found = await readJson(await this.api([200], path, signal), named.nullable());
    return found?.[0]?.name ?? null;
  }

  override async prepareForPush(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const wanted = [...new Set(names.map((name) => name.split('/', 1)[0] ?? ''))];
    for (let at = 0; at < wanted.length; at += pageSize) {
      const some = wanted.slice(at, at + pageSize);
      const query = encodeURIComponent(`name={${some.join(' ')}}`);
      const path = `/projects?page=1&page_size=${pageSize}&q=${query}`;
      const there = (await readJson(await this.api([200], path, signal), projects)) ?? [];
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

  override async deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    const path = `${pathOf(repository)}/artifacts/${encodeURIComponent(tag)}/tags/${encodeURIComponent(tag)}`;
    const response = await this.api([200, 404], path, signal, { method: 'DELETE' });
    response.drop();
    return response.status === 200;
  }

  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const prefix = literalPrefix(pattern);
    const query = prefix === '' ? '' : `?q=${encodeURIComponent(`name=~${prefix}`)}`;
    for await (const page of this.pages(`/repositories${query}`, named.nullable(), signal)) {
      for (const { name } of page ?? []) if (name.startsWith(prefix)) yield name;
    }
  }

  private async createProject(name: string, signal?: AbortSignal): Promise<void> {
    const body = JSON.stringify({ project_name: name, metadata: { public: 'false' } });
    const headers = { 'content-type': 'application/json' };
    // Somebody else may have made it meanwhile.
    (await this.api([201, 409], '/projects', signal, { method: 'POST', headers, body })).drop();
  }

  /** Pages of a list, by number, until one is not full. */
  private async *pages<T extends readonly unknown[] | null>(
    path: string,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): AsyncGenerator<T> {
    for (let page = 1; ; page += 1) {
      const joint = path.includes('?') ? '&' : '?';
      const url = `${path}${joint}page=${page}&page_size=${pageSize}`;
      const entries = await readJson(await this.api([200], url, signal), schema);
      yield entries;
      if ((entries?.length ?? 0) < pageSize) return;
    }
  }

  private async api(
    statuses: readonly number[],
    path: string,
    signal?: AbortSignal,
    request: TransportRequest = {},
  ): Promise<OutboundResponse> {
    const { transport } = this.client.connection;
    const { credential, url } = this.endpoint;
    const response = await transport.send(new URL(`/api/v2.0${path}`, url), {
      ...request,
      headers: {
        accept: 'application/json',
        ...(credential === undefined ? {} : { authorization: basicHeader(credential) }),
        ...request.headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
    if (statuses.includes(response.status)) return response;
    throw await transport.refusal(response);
  }
}

/** Of a repository in the API: what follows the project is one segment, escaped twice. */
function pathOf(repository: string): string {
  const [project = '', ...rest] = repository.split('/');
  const name = encodeURIComponent(encodeURIComponent(rest.join('/')));
  return `/projects/${encodeURIComponent(project)}/repositories/${name}`;
}
