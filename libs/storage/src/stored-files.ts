import * as nodeDisk from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDigest, type Digest, type DigestAlgorithm } from '@haven/oci';
import { unlessAbsent, type Disk } from './disk.js';
import { blobDataPath, blobsPath } from './distribution-layout.js';

/** A file as it lies there. */
export interface StoredFile {
  sizeBytes: number;
  /** When it was last written to, renamed or linked. */
  changedAt: Date;
}

const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

/** What digests of one folder of blobs begin with, `sha256:ab`, of all folders that there may be, in order. */
export const blobFolders = (algorithm: DigestAlgorithm): string[] =>
  Array.from({ length: 256 }, (_, byte) => `${algorithm}:${hexByte(byte)}`);

/** What lies in the store of a `FilesystemBlobStore`, folder by folder, for whoever holds it against the rows. */
export class StoredFiles {
  private readonly root: string;

  constructor(
    root: string,
    private readonly disk: Disk = nodeDisk,
  ) {
    this.root = resolve(root);
  }

  /** Whether any blob of an algorithm was ever stored. */
  async hasBlobs(algorithm: DigestAlgorithm): Promise<boolean> {
    return (await unlessAbsent(this.disk.stat(join(this.root, blobsPath(algorithm))))) !== null;
  }

  /** The digests that have a place in a folder of blobs, in order; data need not be in each. @param folder such as `sha256:ab` */
  async digestsIn(folder: string): Promise<Digest[]> {
    const [algorithm, prefix] = folder.split(':') as [DigestAlgorithm, string];
    const names = (await unlessAbsent(this.disk.readdir(join(this.root, blobsPath(algorithm), prefix)))) ?? [];
    return names
      .map((hex) => `${algorithm}:${hex}`)
      .filter((digest) => digest.startsWith(folder) && isDigest(digest))
      .sort() as Digest[];
  }

  /** Null when the blob has no data. */
  inspect(digest: Digest): Promise<StoredFile | null> {
    return this.statusOf(join(this.root, blobDataPath(digest)));
  }

  /** Names of what was taken out of its place and is not unlinked yet. */
  async removedNames(): Promise<string[]> {
    return ((await unlessAbsent(this.disk.readdir(join(this.root, 'removed')))) ?? []).sort();
  }

  /** Null when it is gone. @param name one of `removedNames` */
  inspectRemoved(name: string): Promise<StoredFile | null> {
    return this.statusOf(join(this.root, 'removed', name));
  }

  private async statusOf(path: string): Promise<StoredFile | null> {
    const status = await unlessAbsent(this.disk.stat(path));
    return status === null ? null : { sizeBytes: status.size, changedAt: status.ctime };
  }
}
