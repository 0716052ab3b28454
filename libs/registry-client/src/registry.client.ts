import type { Readable } from 'node:stream';
import { digestOf, digestParts, isDigest, isRepositoryName, isTag, MediaTypes, mediaTypeOfHeader } from '@haven/oci';
import type { Descriptor, Digest } from '@haven/oci';
import type { OutboundClient, OutboundResponse } from '@haven/outbound';
import { z } from 'zod';
import { BlobUploads } from './blob-uploads.js';
import { nextLink } from './link.js';
import { parseJson } from './parse-json.js';
import { readJson } from './read-json.js';
import {
  deleteScope,
  pullScope,
  pushScope,
  RegistryConnection,
  type RegistryConnectionOptions,
} from './registry-connection.js';
import { RegistryError, toRegistryError } from './registry.error.js';

/** Larger manifests are refused by every registry there is. */
export const maxManifestBytes = 4_194_304;
const pageSize = 1_000;
/** Pages of one list: a registry that never stops is not followed for ever. */
const mostPages = 10_000;
const streamIdleMs = 60_000;

const manifestTypes = [
  MediaTypes.ociManifest,
  MediaTypes.ociIndex,
  MediaTypes.dockerManifest,
  MediaTypes.dockerManifestList,
].join(', ');

/** What a manifest is, without its bytes. */
export interface ManifestHead {
  digest: Digest;
  mediaType: string;
  size: number;
}

export interface Manifest extends ManifestHead {
  bytes: Buffer;
}

/** The bytes of a blob from `offset` on, to be read to the end or destroyed. */
export interface BlobStream {
  stream: Readable;
  /** Where it begins: 0 when the registry does not know ranges. */
  offset: number;
}

export interface ListOptions {
  signal?: AbortSignal | undefined;
  /** Names after this one. */
  last?: string;
}

const tagList = z.object({ tags: z.array(z.string()).nullish() });
const catalogList = z.object({ repositories: z.array(z.string()).nullish() });
const referrerList = z.object({
  manifests: z
    .array(
      z.object({
        mediaType: z.string(),
        digest: z.string().refine(isDigest),
        size: z.number(),
        artifactType: z.string().optional(),
        annotations: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .nullish(),
});

/** One remote registry, spoken to by the OCI distribution specification 1.1. */
export class RegistryClient {
  readonly connection: RegistryConnection;
  readonly uploads: BlobUploads;
  private hasReferrersApi = true;

  constructor(outbound: OutboundClient, options: RegistryConnectionOptions) {
    this.connection = new RegistryConnection(outbound, options);
    this.uploads = new BlobUploads(this.connection);
  }

  /** Whether it is a registry, and takes the credentials. @throws RegistryError */
  ping(signal?: AbortSignal): Promise<void> {
    return this.connection.ping(signal);
  }

  /** Tags in the registry's order. @throws RegistryError not-found */
  listTags(repository: string, options: ListOptions = {}): AsyncGenerator<string> {
    const path = `/v2/${named(repository)}/tags/list`;
    return this.list(
      path,
      pullScope(repository),
      tagList.transform(({ tags }) => tags ?? []),
      options,
    );
  }

  /** Names of repositories, as far as the registry tells them. @throws RegistryError */
  catalog(options: ListOptions = {}): AsyncGenerator<string> {
    const names = catalogList.transform(({ repositories }) => repositories ?? []);
    return this.list('/v2/_catalog', 'registry:catalog:*', names, options);
  }

  /** @returns null when there is no such manifest */
  async headManifest(repository: string, reference: string, signal?: AbortSignal): Promise<ManifestHead | null> {
    const path = `/v2/${named(repository)}/manifests/${referenced(reference)}`;
    const headers = { accept: manifestTypes };
    const request = { method: 'HEAD', headers, ...withSignal(signal) };
    const response = await this.connection.expect([200, 404], path, pullScope(repository), request);
    response.drop();
    if (response.status === 404) return null;
    const digest = response.header('docker-content-digest') ?? (isDigest(reference) ? reference : '');
    const size = Number(response.header('content-length') ?? 'NaN');
    const mediaType = mediaTypeOfHeader(response.header('content-type') ?? '');
    if (isDigest(digest) && Number.isSafeInteger(size)) return { digest, mediaType, size };
    // A registry that does not tell the digest has to be asked for the bytes.
    const { bytes: _bytes, ...head } = await this.getManifest(repository, reference, signal);
    return head;
  }

  /** The bytes, which are those of their digest. @throws RegistryError not-found, too-large, digest-mismatch */
  async getManifest(repository: string, reference: string, signal?: AbortSignal): Promise<Manifest> {
    const path = `/v2/${named(repository)}/manifests/${referenced(reference)}`;
    const request = { headers: { accept: manifestTypes }, ...withSignal(signal) };
    const response = await this.connection.expect([200], path, pullScope(repository), request);
    const { url } = response;
    const bytes = await response.bytes(maxManifestBytes).catch((error: unknown) => {
      throw toRegistryError(error, url.origin);
    });
    const told = response.header('docker-content-digest');
    const expected = isDigest(reference) ? reference : told !== undefined && isDigest(told) ? told : digestOf(bytes);
    if (digestOf(bytes, digestParts(expected).algorithm) !== expected) {
      throw new RegistryError('digest-mismatch', `${url.origin} sent a manifest that is not ${expected}`);
    }
    const mediaType = mediaTypeOfHeader(response.header('content-type') ?? '');
    return { digest: expected, mediaType, size: bytes.length, bytes };
  }

  /**
   * @param headers beside those of a manifest, such as the path that a replicated write has come
   * @returns whether the registry has taken note of the manifest's subject (`OCI-Subject`)
   */
  async putManifest(
    repository: string,
    reference: string,
    manifest: Pick<Manifest, 'bytes' | 'mediaType'>,
    { headers = {}, signal }: { headers?: Readonly<Record<string, string>>; signal?: AbortSignal | undefined } = {},
  ): Promise<{ hasSubject: boolean }> {
    const path = `/v2/${named(repository)}/manifests/${referenced(reference)}`;
    const response = await this.connection.expect([201, 200, 202], path, pushScope(repository), {
      method: 'PUT',
      headers: { 'content-type': manifest.mediaType, ...headers },
      body: manifest.bytes,
      ...withSignal(signal),
    });
    response.drop();
    return { hasSubject: response.header('oci-subject') !== undefined };
  }

  /** With all its tags. @returns false when it was not there @throws RegistryError unsupported, denied, … */
  deleteManifest(repository: string, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return this.remove(`/v2/${named(repository)}/manifests/${digest}`, repository, signal);
  }

  /** The tag alone. @returns false when it was not there @throws RegistryError unsupported, where only digests are deleted */
  async deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    if (!isTag(tag)) throw new RegistryError('refused', 'not a tag');
    try {
      return await this.remove(`/v2/${named(repository)}/manifests/${tag}`, repository, signal);
    } catch (error) {
      // Where only digests are deleted, a tag is a digest that cannot be read.
      if (!(error instanceof RegistryError) || error.status !== 400) throw error;
      throw new RegistryError('unsupported', error.message, { status: error.status, code: error.code, cause: error });
    }
  }

  /** @returns bytes, or null when the repository has no such blob */
  async headBlob(repository: string, digest: Digest, signal?: AbortSignal): Promise<number | null> {
    const request = { method: 'HEAD', ...withSignal(signal) };
    const path = `/v2/${named(repository)}/blobs/${digest}`;
    const response = await this.connection.expect([200, 404], path, pullScope(repository), request);
    response.drop();
    if (response.status === 404) return null;
    const size = Number(response.header('content-length') ?? 'NaN');
    return Number.isSafeInteger(size) ? size : 0;
  }

  /** Whoever reads holds the bytes against the digest: see `DigestCheck`. @throws RegistryError not-found, … */
  async getBlob(
    repository: string,
    digest: Digest,
    { offset = 0, signal }: { offset?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<BlobStream> {
    const path = `/v2/${named(repository)}/blobs/${digest}`;
    const response = await this.connection.expect([200, 206], path, pullScope(repository), {
      ...(offset === 0 ? {} : { headers: { range: `bytes=${offset}-` } }),
      ...{ totalMs: Infinity, idleMs: streamIdleMs },
      ...withSignal(signal),
    });
    const begins = response.status === 206 ? rangeStart(response) : 0;
    // NaN where the answer does not say.
    if (!(begins <= offset)) {
      response.body.destroy();
      throw new RegistryError('malformed', `${response.url.origin} sent another range than was asked for`);
    }
    return { stream: response.body, offset: begins };
  }

  /**
   * What refers to a manifest: by the referrers API, or where there is none by the tag form that stands for it.
   * @param tags all tags of the repository where they are known: saves asking for one that is not there
   */
  async referrers(
    repository: string,
    digest: Digest,
    { tags, signal }: { tags?: ReadonlySet<string>; signal?: AbortSignal | undefined } = {},
  ): Promise<Descriptor[]> {
    if (this.hasReferrersApi) {
      const path = `/v2/${named(repository)}/referrers/${digest}`;
      const found: Descriptor[] = [];
      const pages = this.pages(path, pullScope(repository), referrerList, { signal });
      try {
        for await (const { manifests } of pages) found.push(...(manifests ?? []).map(toDescriptor));
        return found;
      } catch (error) {
        // A registry without the API has no such path at all, which it says in no error of the specification.
        if (!(error instanceof RegistryError) || !['not-found', 'unsupported'].includes(error.failure)) throw error;
        if (error.code === '') this.hasReferrersApi = false;
      }
    }
    const tag = digest.replace(':', '-');
    if (tags?.has(tag) === false) return [];
    const index = await this.headManifest(repository, tag, signal);
    if (index?.mediaType !== MediaTypes.ociIndex) return [];
    const { bytes } = await this.getManifest(repository, index.digest, signal);
    const parsed = referrerList.safeParse(parseJson(bytes.toString('utf8')));
    return parsed.success ? (parsed.data.manifests ?? []).map(toDescriptor) : [];
  }

  private async remove(path: string, repository: string, signal?: AbortSignal): Promise<boolean> {
    const request = { method: 'DELETE', ...withSignal(signal) };
    const response = await this.connection.expect([202, 200, 204, 404], path, deleteScope(repository), request);
    response.drop();
    return response.status !== 404;
  }

  private async *list(
    path: string,
    scope: string,
    names: z.ZodType<string[]>,
    { last = '', signal }: ListOptions,
  ): AsyncGenerator<string> {
    const query = new URLSearchParams({ n: String(pageSize), ...(last === '' ? {} : { last }) });
    for await (const page of this.pages(`${path}?${query.toString()}`, scope, names, { signal })) yield* page;
  }

  /** Each page of a list, as `Link` leads from one to the next. */
  private async *pages<T>(
    path: string,
    scope: string,
    schema: z.ZodType<T>,
    { signal }: ListOptions,
  ): AsyncGenerator<T> {
    const seen = new Set<string>();
    let next: string | URL | null = path;
    while (next !== null) {
      const response: OutboundResponse = await this.connection.expect([200], next, scope, withSignal(signal));
      seen.add(response.url.href);
      yield await readJson(response, schema);
      next = nextLink(response.header('link'), response.url);
      if (next !== null && (seen.has(next.href) || seen.size === mostPages)) {
        throw new RegistryError('malformed', `${response.url.origin} tells a list without end`);
      }
    }
  }
}

const withSignal = (signal: AbortSignal | undefined): { signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

/** @throws RegistryError: what becomes part of a path is looked at first */
function named(repository: string): string {
  if (isRepositoryName(repository)) return repository;
  throw new RegistryError('refused', 'not a name of a repository');
}

/** @throws RegistryError */
function referenced(reference: string): string {
  if (isTag(reference) || isDigest(reference)) return reference;
  throw new RegistryError('refused', 'neither a tag nor a digest');
}

function rangeStart(response: OutboundResponse): number {
  const [, start] = /^bytes (\d+)-/.exec(response.header('content-range') ?? '') ?? [];
  return Number(start ?? 'NaN');
}

type ListedReferrer = NonNullable<z.infer<typeof referrerList>['manifests']>[number];
const toDescriptor = ({ mediaType, digest, size, artifactType, annotations }: ListedReferrer): Descriptor => ({
  ...{ mediaType, digest, size },
  ...(artifactType === undefined ? {} : { artifactType }),
  ...(annotations === undefined || annotations === null ? {} : { annotations }),
});
