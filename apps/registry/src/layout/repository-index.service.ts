import { AppError } from '@haven/errors';
import type { RepositoryRef } from '@haven/models';
import { isTag, type Digest, type ManifestBlob } from '@haven/oci';
import type { DistributionVolume, VolumeTag } from '@haven/storage';
import type { ManifestPushService } from '../manifest/manifest-push.service.js';
import { batches } from './batches.js';
import type { BlobIntake, WantedBlob } from './blob-intake.service.js';
import type { LayoutReport } from './layout-report.js';
import type { LayoutRepository } from './layout.repository.js';
import type { RepositoryIntake } from './repository-intake.service.js';
import { readVolumeManifest } from './volume-manifest.js';

const batchSize = 200;
/** Tags that one transaction writes at most. */
const mostTagsAtOnce = 100;

const asSystem = { actor: 'system', sourceIp: '', requestId: '', userAgent: '' };

/** One repository of a volume, and what of it is still to be taken in. */
interface Visit {
  /** Its name on the volume. */
  source: string;
  repository: RepositoryRef;
  /** Its manifests, without those that were deleted here. */
  revisions: Set<Digest>;
  /** Those of them that the database does not have. */
  wanted: Set<Digest>;
  /** Tags that it does not have, by the manifests that they point at. */
  tags: Map<Digest, string[]>;
}

/** Refused for what it is: trying again, or going on with the others, makes no difference to it. */
const isRefusal = (error: unknown): error is AppError => error instanceof AppError && error.entry.status < 500;

/**
 * Takes repositories of a volume in: blobs, manifests and tags, as if they had been pushed. What the database has already is
 * left as it is, tags included, so that it may be done again after a kill, and on a registry in use.
 */
export class RepositoryIndex {
  constructor(
    private readonly layout: LayoutRepository,
    private readonly intake: { repositories: RepositoryIntake; blobs: BlobIntake },
    private readonly pushes: ManifestPushService,
    private readonly volume: DistributionVolume,
    private readonly report: LayoutReport,
  ) {}

  /**
   * @param source what the repository is called on the volume
   * @param name what it is called here
   */
  async index(source: string, name: string): Promise<void> {
    const revisions = await this.revisionsOf(source);
    if (revisions.size === 0) return;
    const repository = await this.intake.repositories.repository(name);
    const visit: Visit = { source, repository, revisions, wanted: new Set(), tags: new Map() };
    for await (const batch of batches(revisions, batchSize)) await this.want(visit, batch);
    for await (const batch of batches(this.volume.tags(source), batchSize)) await this.wantTags(visit, batch);
    for (const digest of revisions) await this.put(visit, digest);
    for await (const batch of batches(this.layersOf(source), batchSize)) await this.takeLayers(visit, batch);
    this.report.count('repositories');
  }

  private async revisionsOf(source: string): Promise<Set<Digest>> {
    const found = new Set<Digest>();
    for await (const { path, target } of this.volume.revisions(source)) {
      if (target === null) this.report.skip('links', path, 'it holds no digest');
      else found.add(target);
    }
    return found;
  }

  private async want({ repository, revisions, wanted }: Visit, digests: readonly Digest[]): Promise<void> {
    const known = await this.layout.knownRevisions(repository.repositoryId, digests);
    const fresh = digests.filter((digest) => !known.has(digest));
    const trashed = await this.layout.trashedRevisions(repository.repositoryId, fresh);
    for (const digest of fresh) {
      if (!trashed.has(digest)) {
        wanted.add(digest);
        continue;
      }
      revisions.delete(digest);
      this.report.skip('manifests', `${repository.name}@${digest}`, 'it was deleted here');
    }
    this.report.count('known', known.size);
  }

  private async wantTags({ repository, revisions, tags }: Visit, batch: readonly VolumeTag[]): Promise<void> {
    const names = batch.map(({ name }) => name).filter(isTag);
    const known = await this.layout.knownTags(repository.repositoryId, names);
    for (const { name, path, target } of batch) {
      const current = known.get(name);
      const skip = (why: string): void => {
        this.report.skip('tags', `${repository.name}:${name}`, why);
      };
      if (!isTag(name)) this.report.skip('tags', path, 'it is no tag');
      else if (target === null) skip('its link is missing or holds no digest');
      else if (current !== undefined && current !== target) skip(`here it points at ${current}, and goes on doing so`);
      else if (current === undefined && !revisions.has(target)) skip(`the repository has no manifest ${target}`);
      else if (current === undefined) tags.set(target, [...(tags.get(target) ?? []), name]);
    }
  }

  /** What an index lists comes before it. Each manifest is tried once. */
  private async put(visit: Visit, digest: Digest): Promise<void> {
    const { repository, wanted, tags } = visit;
    const isNew = wanted.delete(digest);
    const own = tags.get(digest) ?? [];
    if (!isNew && own.length === 0) return;
    tags.delete(digest);
    try {
      const read = await readVolumeManifest(this.volume, digest);
      for (const child of read.manifest.manifests) await this.put(visit, child.digest);
      await this.takeBlobs(visit, read.manifest.blobs);
      const place = { ...repository, accessVersion: null };
      // Cosign's tag form says what a manifest is, which counts only when that is new.
      const ordered = own.toSorted((one, another) => Number(another.endsWith('.sig')) - Number(one.endsWith('.sig')));
      for (let start = 0; start === 0 || start < ordered.length; start += mostTagsAtOnce) {
        const pushed = { ...read, tags: ordered.slice(start, start + mostTagsAtOnce) };
        await this.pushes.push(pushed, place, repository.name, asSystem);
      }
      this.report.count('manifests', isNew ? 1 : 0);
      this.report.count('tags', own.length);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.report.skip('manifests', `${repository.name}@${digest}`, error.message);
      for (const tag of own) this.report.skip('tags', `${repository.name}:${tag}`, 'its manifest was skipped');
    }
  }

  private async takeBlobs(visit: Visit, blobs: readonly ManifestBlob[]): Promise<void> {
    const required = blobs.filter((blob) => blob.required);
    const digests = required.map(({ digest }) => digest);
    const known = await this.layout.knownLayers(visit.repository.repositoryId, digests);
    for (const { digest, size } of required) {
      if (known.has(digest)) continue;
      // Without a link, or with one that holds nothing, the bytes may still be there.
      const source = (await this.volume.layer(visit.source, digest))?.target ?? digest;
      await this.takeBlob(visit, { digest, source, statedBytes: size });
    }
  }

  private async *layersOf(source: string): AsyncGenerator<WantedBlob> {
    for await (const { path, filedUnder, target } of this.volume.layers(source)) {
      if (target === null) {
        this.report.skip('links', path, 'it holds no digest');
        continue;
      }
      yield { digest: target, source: target, statedBytes: null };
      if (filedUnder !== null && filedUnder !== target) yield { digest: filedUnder, source: target, statedBytes: null };
    }
  }

  /** What no manifest names is kept for the time of a lease, like any upload. */
  private async takeLayers(visit: Visit, layers: readonly WantedBlob[]): Promise<void> {
    const { repositoryId, name } = visit.repository;
    const digests = layers.map(({ digest }) => digest);
    const known = await this.layout.knownLayers(repositoryId, digests);
    for (const layer of layers) {
      if (known.has(layer.digest)) continue;
      try {
        await this.takeBlob(visit, layer);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.report.skip('blobs', `${name}@${layer.digest}`, error.message);
      }
    }
  }

  private async takeBlob({ repository }: Visit, blob: WantedBlob): Promise<void> {
    this.report.count('bytes', await this.intake.blobs.take(repository, blob));
    this.report.count('blobs');
  }
}
