import { formatOrigin, ORIGIN_HEADER } from '@haven/models';
import {
  artifactTypeOf,
  MediaTypes,
  parseManifest,
  referrersIndex,
  type Descriptor,
  type Digest,
  type ManifestBlob,
} from '@haven/oci';
import { Bandwidth, copyBlob, type Manifest, type RemoteRepository } from '@haven/registry-client';
import { forEachOf } from './in-parallel.js';
import type { Companion, SourceArtifact, TagPush } from './replication-end.js';

const blobsAtOnce = 4;
/** Of smaller blobs the upload is begun anew when its process is lost. */
const largeBlobBytes = 32 * 1_048_576;

export interface CopyOptions {
  /** KB/s of all that this copies; 0 is no limit. */
  speedKilobytes: number;
  chunkSizeBytes: number | undefined;
  /** Platforms that a copied push came through before, and this one; null where the source is none. */
  path: readonly string[] | null;
  /** What tags of the source stand for by now. */
  pushes: ReadonlyMap<string, TagPush> | null;
  /** Where uploads of large blobs go on that an earlier run has begun, by digest. */
  uploads: Readonly<Record<string, string>>;
  onUpload: (digest: Digest, location: string) => void;
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
}

/** Copies artifacts of one repository into another: blobs, then manifests, children first, then tags. */
export class ArtifactCopy {
  private readonly bandwidth: Bandwidth | undefined;
  private readonly blobs = new Map<Digest, Promise<void>>();
  private readonly manifests = new Map<Digest, Promise<Manifest | null>>();

  constructor(
    private readonly source: RemoteRepository,
    private readonly target: RemoteRepository,
    private readonly options: CopyOptions,
  ) {
    const { speedKilobytes } = options;
    this.bandwidth = speedKilobytes === 0 ? undefined : new Bandwidth(speedKilobytes * 1_024);
  }

  /**
   * Tags come last: whoever finds the artifact under one finds its signatures, too.
   * @returns what is there now: digests by tag, or by digest where there is none
   * @throws RegistryError
   */
  async copy({ digest, tags, companions }: SourceArtifact): Promise<Map<string, string>> {
    const done = new Map<string, string>([[digest, digest]]);
    const further = await this.referrersOf(digest, companions);
    if (further.length > 0 || tags.length === 0) await this.ensure(digest);
    for (const companion of further) {
      for (const [reference, its] of await this.copy({ ...companion, companions: [] })) done.set(reference, its);
    }
    for (const tag of tags) {
      // Moved or removed meanwhile: what has become of it comes by itself.
      if (this.options.pushes !== null && this.options.pushes.get(tag)?.digest !== digest) continue;
      await this.tag(digest, tag);
      done.set(tag, digest);
    }
    this.forget(digest);
    return done;
  }

  private async referrersOf(digest: Digest, known: readonly Companion[]): Promise<Companion[]> {
    const { client, repository } = this.source;
    const found = await client.referrers(repository, digest, { signal: this.options.signal });
    const further = found.filter((referrer) => !known.some((companion) => companion.digest === referrer.digest));
    return [...known, ...further.map((referrer) => ({ digest: referrer.digest, tags: [] }))];
  }

  /** Puts it there under its digest, with all that it consists of, unless it is there. */
  private async ensure(digest: Digest): Promise<void> {
    const manifest = await this.prepared(digest);
    if (manifest !== null) await this.put(digest, manifest);
    this.forget(digest);
  }

  /** It is there now: whoever wants its bytes reads them again, so that no task holds those of hundreds. */
  private forget(digest: Digest): void {
    this.manifests.set(digest, Promise.resolve(null));
  }

  /** The manifest, once all that it consists of is there; null when it is there itself. */
  private prepared(digest: Digest): Promise<Manifest | null> {
    const known = this.manifests.get(digest);
    if (known !== undefined) return known;
    const preparing = this.prepare(digest);
    this.manifests.set(digest, preparing);
    return preparing;
  }

  private async prepare(digest: Digest): Promise<Manifest | null> {
    const { signal } = this.options;
    signal.throwIfAborted();
    const { client, repository } = this.target;
    if ((await client.headManifest(repository, digest, signal)) !== null) return null;
    const manifest = await this.source.client.getManifest(this.source.repository, digest, signal);
    const { blobs, manifests } = parseManifest(manifest.bytes, manifest.mediaType);
    for (const child of manifests) await this.ensure(child.digest);
    await forEachOf(
      blobs.filter(({ required }) => required),
      blobsAtOnce,
      (blob) => this.blob(blob),
    );
    return manifest;
  }

  private blob(blob: ManifestBlob): Promise<void> {
    const known = this.blobs.get(blob.digest);
    if (known !== undefined) return known;
    const { signal, onBytes, chunkSizeBytes, uploads, onUpload } = this.options;
    const { bandwidth } = this;
    const resuming =
      blob.size < largeBlobBytes
        ? {}
        : {
            resume: uploads[blob.digest],
            onUpload: (location: string): void => {
              onUpload(blob.digest, location);
            },
          };
    const copying = copyBlob(this.source, this.target, blob, {
      signal,
      onProgress: onBytes,
      ...resuming,
      chunkSizeBytes,
      bandwidth,
    });
    const done = copying.then(() => undefined);
    this.blobs.set(blob.digest, done);
    return done;
  }

  private async tag(digest: Digest, tag: string): Promise<void> {
    const { client, repository } = this.source;
    const manifest =
      (await this.prepared(digest)) ?? (await client.getManifest(repository, digest, this.options.signal));
    await this.put(tag, manifest);
  }

  private async put(reference: string, manifest: Manifest): Promise<void> {
    const { signal } = this.options;
    const { client, repository } = this.target;
    const headers = this.originOf(reference);
    const { hasSubject } = await client.putManifest(repository, reference, manifest, { headers, signal });
    const { subject } = parseManifest(manifest.bytes, manifest.mediaType);
    if (subject !== undefined && !hasSubject) await this.listReferrer(subject.digest, manifest);
  }

  /**
   * A registry that does not know of subjects finds what refers to them in an index under a tag, which clients keep
   * (distribution-spec 1.1, "Referrers Tag Schema").
   */
  private async listReferrer(subject: Digest, manifest: Manifest): Promise<void> {
    const { client, repository } = this.target;
    const { signal } = this.options;
    const listed = await client.referrers(repository, subject, { signal });
    if (listed.some(({ digest }) => digest === manifest.digest)) return;
    const { mediaType, digest, size } = manifest;
    const parsed = parseManifest(manifest.bytes, mediaType);
    const { annotations } = parsed;
    const referrer: Descriptor = { mediaType, digest, size, artifactType: artifactTypeOf(parsed), annotations };
    const index = referrersIndex([...listed, referrer].map((one) => ({ artifactType: '', annotations: null, ...one })));
    const bytes = Buffer.from(JSON.stringify(index));
    const tag = subject.replace(':', '-');
    await client.putManifest(repository, tag, { mediaType: MediaTypes.ociIndex, bytes }, { signal });
  }

  private originOf(reference: string): Record<string, string> {
    const { path, pushes } = this.options;
    if (path === null) return {};
    const pushed = pushes?.get(reference);
    const time = pushed?.time ?? new Date().toISOString();
    const first = pushed?.platformId ?? null;
    // Who pushed it first comes first: that decides between two pushes of the same moment.
    const full = first === null || path[0] === first ? path : [first, ...path.filter((id) => id !== first)];
    return { [ORIGIN_HEADER]: formatOrigin({ path: full, time }) };
  }
}
