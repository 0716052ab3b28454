import { randomUUID } from 'node:crypto';
import * as nodeDisk from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Errors } from '@haven/errors';
import { digestOf, digestParts, type Digest } from '@haven/oci';
import { directoryMode, diskErrorCode, fileMode, onDisk, unless, unlessAbsent, type Disk } from './disk.js';
import {
  blobDataPath,
  layerPath,
  repositoriesPath,
  repositoryPath,
  revisionPath,
  tagCurrentPath,
  tagIndexPath,
  tagPath,
} from './distribution-layout.js';
import { DurableDirectories } from './durable-directories.js';

/**
 * Repositories, revisions and tags as a stock registry reads them beside the blobs. The database is the truth; this follows it,
 * so every method may be repeated, in any number, and removing what is not there is no error. Error of all that write: STORAGE_FULL.
 */
export interface RepositoryProjection {
  /** Puts a manifest's bytes among the blobs. Errors: DIGEST_INVALID when they are not what the digest says. */
  writeManifestBlob(digest: Digest, bytes: Uint8Array): Promise<void>;
  linkRevision(repository: string, digest: Digest): Promise<void>;
  linkLayer(repository: string, digest: Digest): Promise<void>;
  /** Points a tag at a revision, and notes the revision among those that the tag has had. */
  linkTag(repository: string, tag: string, digest: Digest): Promise<void>;
  unlinkRevision(repository: string, digest: Digest): Promise<void>;
  unlinkLayer(repository: string, digest: Digest): Promise<void>;
  unlinkTag(repository: string, tag: string): Promise<void>;
  /** Removes a repository, but not those whose names go on after its own. */
  removeRepository(repository: string): Promise<void>;
}

/** How often something is done again that another process has got in the way of. */
const mostAttempts = 10;

/** Writes distribution's layout below the root of a `FilesystemBlobStore`. Links are replaced whole and not synced. */
export class DistributionLayoutProjection implements RepositoryProjection {
  private readonly root: string;
  private readonly disk: Disk;
  private readonly directories: DurableDirectories;

  constructor(root: string, disk: Disk = nodeDisk) {
    this.root = resolve(root);
    this.disk = disk;
    this.directories = new DurableDirectories(this.root, disk);
  }

  async writeManifestBlob(digest: Digest, bytes: Uint8Array): Promise<void> {
    const place = join(this.root, blobDataPath(digest));
    if (digestOf(bytes, digestParts(digest).algorithm) !== digest) throw Errors.digestInvalid();
    return onDisk(async () => {
      const found = await unlessAbsent(this.disk.stat(place));
      if (found?.size === bytes.length) return;
      const uploads = join(this.root, 'uploads');
      await this.directories.ensure(uploads);
      const fresh = join(uploads, `manifest-${randomUUID()}`);
      // Synced, unlike links: a commit trusts whatever it finds in a blob's place.
      await this.disk.writeFile(fresh, bytes, { mode: fileMode, flush: true });
      await this.directories.moveIntoPlace(fresh, place);
    });
  }

  async linkRevision(repository: string, digest: Digest): Promise<void> {
    return this.link(revisionPath(repository, digest), digest);
  }

  async linkLayer(repository: string, digest: Digest): Promise<void> {
    return this.link(layerPath(repository, digest), digest);
  }

  async linkTag(repository: string, tag: string, digest: Digest): Promise<void> {
    await this.link(tagIndexPath(repository, tag, digest), digest);
    await this.link(tagCurrentPath(repository, tag), digest);
  }

  async unlinkRevision(repository: string, digest: Digest): Promise<void> {
    return this.remove(revisionPath(repository, digest));
  }

  async unlinkLayer(repository: string, digest: Digest): Promise<void> {
    return this.remove(layerPath(repository, digest));
  }

  async unlinkTag(repository: string, tag: string): Promise<void> {
    return this.remove(tagPath(repository, tag));
  }

  async removeRepository(repository: string): Promise<void> {
    const own = repositoryPath(repository);
    for (const folder of ['_manifests', '_layers', '_uploads']) await this.remove(`${own}/${folder}`);
    for (let folder = own; folder !== repositoriesPath; folder = dirname(folder)) {
      const removal = this.disk.rmdir(join(this.root, folder)).then(() => true);
      const removed = await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], removal);
      if (removed === null) return;
    }
  }

  private async link(folder: string, digest: Digest): Promise<void> {
    const path = join(this.root, folder);
    return insist(async () => {
      await this.disk.mkdir(path, { recursive: true, mode: directoryMode });
      const fresh = join(path, `.${randomUUID()}`);
      await this.disk.writeFile(fresh, digest, { mode: fileMode });
      await this.disk.rename(fresh, join(path, 'link'));
    });
  }

  private async remove(folder: string): Promise<void> {
    return insist(() => this.disk.rm(join(this.root, folder), { recursive: true, force: true }));
  }
}

/** Does it again where another process removed the folder that is written to, or wrote to the one that is removed. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await onDisk(work);
      return;
    } catch (error) {
      const inTheWay = ['ENOENT', 'ENOTEMPTY'].includes(diskErrorCode(error) ?? '');
      if (!inTheWay || attempt === mostAttempts) throw error;
    }
  }
}
