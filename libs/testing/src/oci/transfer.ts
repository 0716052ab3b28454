import { contentOf, sha256, type Content } from './content.js';
import { anyManifest } from './media-type.js';
import type { Artifact } from './image.js';
import { locationOf, type RegistryClient } from './registry.client.js';

/** How a blob goes up (distribution-spec "Pushing blobs"). */
export type UploadManner =
  | { kind: 'monolithic' }
  /** `PATCH` requests of at most so many bytes, then an empty closing `PUT`. */
  | { kind: 'chunked'; chunkBytes: number }
  /** One `PATCH` without a range, as docker does it, then an empty closing `PUT`. */
  | { kind: 'streamed' }
  /** Asked for from another repository of the same registry; monolithic when that is not granted. */
  | { kind: 'mount'; from: string };

export interface PushOptions {
  upload?: UploadManner;
  /** Blobs that the registry says it has are left out; true unless told otherwise. */
  skipExisting?: boolean;
}

const octets = { 'content-type': 'application/octet-stream' };

/** Adds the digest to the location of an upload session, which may have a query already. */
export function closingLocation(location: string, digest: string, base: string): string {
  const url = new URL(location, base);
  url.searchParams.set('digest', digest);
  return url.href;
}

/** Opens an upload session and answers its location. */
export async function openUpload(client: RegistryClient, repository: string): Promise<string> {
  return locationOf((await client.request('POST', `/v2/${repository}/blobs/uploads/`)).expect(202));
}

/** Uploads one blob. Throws unless the registry answers 201 and with the right digest. */
export async function uploadBlob(
  client: RegistryClient,
  repository: string,
  blob: Content,
  manner: UploadManner = { kind: 'monolithic' },
): Promise<void> {
  let location: string;
  if (manner.kind === 'mount') {
    const query = new URLSearchParams({ mount: blob.digest, from: manner.from });
    const answer = await client.request('POST', `/v2/${repository}/blobs/uploads/?${query.toString()}`);
    if (answer.status === 201) return;
    location = locationOf(answer.expect(202));
  } else {
    location = await openUpload(client, repository);
  }
  const isWhole = manner.kind === 'monolithic' || manner.kind === 'mount';
  if (manner.kind === 'streamed') location = await patch(client, location, blob.bytes);
  if (manner.kind === 'chunked') location = await patchInChunks(client, location, blob.bytes, manner.chunkBytes);
  const closing = closingLocation(location, blob.digest, client.url);
  const answer = await client.request('PUT', closing, { headers: octets, body: isWhole ? blob.bytes : '' });
  const digest = answer.expect(201).header('docker-content-digest');
  if (digest !== blob.digest) throw new Error(`pushed ${blob.digest}, the registry says ${digest}`);
}

async function patch(client: RegistryClient, location: string, bytes: Buffer, range?: string): Promise<string> {
  const headers = { ...octets, ...(range && { 'content-range': range }) };
  return locationOf((await client.request('PATCH', location, { headers, body: bytes })).expect(202));
}

async function patchInChunks(client: RegistryClient, start: string, bytes: Buffer, chunkBytes: number) {
  let location = start;
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const chunk = bytes.subarray(offset, offset + chunkBytes);
    location = await patch(client, location, chunk, `${offset}-${offset + chunk.length - 1}`);
  }
  return location;
}

/** Uploads a manifest, answers the registry's digest of it. Throws unless it is 201 and the right digest. */
export async function putManifest(client: RegistryClient, repository: string, manifest: Content, reference?: string) {
  const answer = await client.request('PUT', `/v2/${repository}/manifests/${reference ?? manifest.digest}`, {
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
  });
  const digest = answer.expect(201).header('docker-content-digest');
  if (digest !== manifest.digest) throw new Error(`pushed ${manifest.digest}, the registry says ${digest}`);
}

/** Pushes an artifact with all that it lists; `reference` is a tag, its own digest when left out. */
export async function pushArtifact(
  client: RegistryClient,
  repository: string,
  artifact: Artifact,
  reference?: string,
  options: PushOptions = {},
): Promise<void> {
  for (const child of artifact.children) await pushArtifact(client, repository, child, undefined, options);
  for (const blob of artifact.blobs) {
    const isThere = (options.skipExisting ?? true) && (await hasBlob(client, repository, blob.digest));
    if (!isThere) await uploadBlob(client, repository, blob, options.upload);
  }
  await putManifest(client, repository, artifact.manifest, reference);
}

async function hasBlob(client: RegistryClient, repository: string, digest: string): Promise<boolean> {
  return (await client.request('HEAD', `/v2/${repository}/blobs/${digest}`)).expect(200, 404).status === 200;
}

/** Pulls a manifest; checks its bytes against the digest that the registry names, and against `reference` if it is one. */
export async function pullManifest(client: RegistryClient, repository: string, reference: string): Promise<Content> {
  const path = `/v2/${repository}/manifests/${reference}`;
  const answer = (await client.request('GET', path, { headers: { accept: anyManifest } })).expect(200);
  const content = contentOf(answer.header('content-type') ?? '', answer.bytes);
  const named = reference.includes(':') ? reference : content.digest;
  if (content.digest !== answer.header('docker-content-digest') || content.digest !== named) {
    throw new Error(`${path}: the bytes have digest ${content.digest}, the registry says otherwise`);
  }
  return content;
}

/** Pulls one blob and checks its bytes. */
export async function pullBlob(client: RegistryClient, repository: string, digest: string): Promise<Buffer> {
  const answer = (await client.request('GET', `/v2/${repository}/blobs/${digest}`)).expect(200);
  if (sha256(answer.bytes) !== digest) throw new Error(`${repository}: blob ${digest} has other bytes`);
  return answer.bytes;
}

interface AnyManifest {
  config?: { digest: string };
  layers?: { digest: string }[];
  manifests?: { digest: string }[];
}

/** Pulls a reference with all that hangs on it, checks every digest, and answers that of the manifest. */
export async function pullWhole(client: RegistryClient, repository: string, reference: string): Promise<string> {
  const content = await pullManifest(client, repository, reference);
  const manifest = JSON.parse(content.bytes.toString()) as AnyManifest;
  for (const child of manifest.manifests ?? []) await pullWhole(client, repository, child.digest);
  const blobs = [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])];
  for (const { digest } of blobs) await pullBlob(client, repository, digest);
  return content.digest;
}
