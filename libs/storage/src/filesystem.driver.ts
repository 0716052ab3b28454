import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as nodeDisk from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Errors } from '@haven/errors';
import { isDigest, type Digest } from '@haven/oci';
import type { BlobEntry, BlobStore, ReadOptions, StorageCapacity, UploadWriter } from './blob-store.js';
import { diskErrorCode, fileMode, onDisk, unless, unlessAbsent, type Disk } from './disk.js';
import { blobDataPath, blobsPath } from './distribution-layout.js';
import { DurableDirectories } from './durable-directories.js';
import { checkRemovalName, uploadName } from './upload-name.js';
import { writeFully } from './write-fully.js';

/** Large reads cost the event loop least; a stream holds about two of them. */
const readChunkBytes = 512 * 1024;

// The letters of fopen have nothing that makes a file, keeps what is in one, and writes at positions.
const openOrMake = constants.O_RDWR | constants.O_CREAT;

/** What the mode of a file allows that may have a second name here. */
const sharedMode = 0o604;
/** Another filesystem, one without links, or too many of them. */
const notLinkable = ['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS'];

/**
 * Blobs as files in distribution's layout below `root`, uploads and removed data in two folders beside it. All of it is on one
 * filesystem, so that a rename is atomic. Modes are less the process's umask, which must leave the group's bits.
 */
export class FilesystemBlobStore implements BlobStore {
  private readonly root: string;
  private readonly disk: Disk;
  private readonly directories: DurableDirectories;
  // Not distribution's `_uploads`: a stock registry's purge and garbage collection would take our files for its own.
  private readonly uploads: string;
  private readonly removed: string;

  constructor(root: string, disk: Disk = nodeDisk) {
    this.root = resolve(root);
    this.disk = disk;
    this.directories = new DurableDirectories(this.root, disk);
    this.uploads = join(this.root, 'uploads');
    this.removed = join(this.root, 'removed');
  }

  async openUpload(id: string, epoch: number, offset: number): Promise<UploadWriter> {
    const path = this.uploadPath(id, epoch);
    return onDisk(async () => {
      await this.directories.ensure(this.uploads);
      const flags = offset === 0 ? openOrMake : constants.O_RDWR;
      const file = await unlessAbsent(this.disk.open(path, flags, fileMode));
      // A file that is to be made is absent only when its folder is: then it is not the upload that is gone.
      if (file === null)
        throw offset === 0 ? Errors.unavailable('the blob storage is gone') : Errors.blobUploadUnknown();
      try {
        await cutTo(file, offset);
      } catch (error) {
        await file.close();
        throw error;
      }
      return new FilesystemUploadWriter(file);
    });
  }

  async readUpload(id: string, epoch: number, options: ReadOptions = {}): Promise<Readable> {
    const stream = await this.read(this.uploadPath(id, epoch), options);
    if (stream === null) throw Errors.blobUploadUnknown();
    return stream;
  }

  async copyUploadPrefix(id: string, fromEpoch: number, toEpoch: number, length: number): Promise<boolean> {
    const from = this.uploadPath(id, fromEpoch);
    const to = this.uploadPath(id, toEpoch);
    return onDisk(async () => {
      const copied = await unlessAbsent(this.copyTo(to, from));
      if (copied === null) throw Errors.blobUploadUnknown();
      if (copied) await this.seal(to, length);
      return copied;
    });
  }

  /**
   * Makes a file from elsewhere the whole of an upload, at epoch 0: as a second name where that can be, which costs nothing,
   * otherwise as a copy. The file is not to be written to any more. Errors: STORAGE_FULL.
   */
  async importUpload(id: string, path: string): Promise<void> {
    const place = this.uploadPath(id, 0);
    return onDisk(async () => {
      await this.directories.ensure(this.uploads);
      const { mode, uid } = await this.disk.stat(path);
      // The commit opens it for writing, and nginx reads it as a blob.
      const canShare = uid === process.geteuid?.() && (mode & sharedMode) === sharedMode;
      if (
        canShare &&
        (await unless(
          notLinkable,
          this.disk.link(path, place).then(() => true),
        )) === true
      )
        return;
      await this.disk.copyFile(path, place, constants.COPYFILE_FICLONE);
      await this.disk.chmod(place, fileMode);
    });
  }

  async commitUpload(id: string, epoch: number, digest: Digest, sizeBytes: number, isSealed = false): Promise<void> {
    const upload = this.uploadPath(id, epoch);
    const place = this.blobPath(digest);
    return onDisk(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          await this.moveOrDrop(upload, place, sizeBytes, isSealed);
          return;
        } catch (error) {
          // Either a twin of this commit took the upload away, or a removal took the directory: both are settled by looking again.
          if (diskErrorCode(error) !== 'ENOENT') throw error;
          if (attempt === 3) throw Errors.blobUploadUnknown(undefined, { cause: error });
        }
      }
    });
  }

  async removeUpload(id: string, epoch: number): Promise<void> {
    for (let each = 0; each <= epoch; each++) await unlessAbsent(this.disk.unlink(this.uploadPath(id, each)));
  }

  async removeStaleUploads(untouchedSince: Date): Promise<number> {
    let count = 0;
    for (const name of (await unlessAbsent(this.disk.readdir(this.uploads))) ?? []) {
      const path = join(this.uploads, name);
      const status = await unlessAbsent(this.disk.stat(path));
      // What was linked here brings an old time of its last write along, but not of its last change.
      if (status === null || status.ctimeMs >= untouchedSince.getTime()) continue;
      await unlessAbsent(this.disk.unlink(path));
      count++;
    }
    return count;
  }

  async statBlob(digest: Digest): Promise<{ sizeBytes: number } | null> {
    const sizeBytes = await this.sizeOf(this.blobPath(digest));
    return sizeBytes === null ? null : { sizeBytes };
  }

  async readBlob(digest: Digest, options: ReadOptions = {}): Promise<Readable> {
    const stream = await this.read(this.blobPath(digest), options);
    if (stream === null) throw Errors.blobUnknown();
    return stream;
  }

  async renameForRemoval(digest: Digest, name: string): Promise<boolean> {
    const place = this.blobPath(digest);
    const removed = this.removedPath(name);
    return onDisk(async () => {
      await this.directories.ensure(this.removed);
      const moved = await unlessAbsent(this.disk.rename(place, removed).then(() => true));
      if (moved === null) return false;
      await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], this.disk.rmdir(dirname(place)));
      await this.directories.sync(this.removed);
      await this.directories.sync(dirname(dirname(place)));
      return true;
    });
  }

  async restoreRemoved(digest: Digest, name: string): Promise<boolean> {
    const place = this.blobPath(digest);
    const removed = this.removedPath(name);
    return onDisk(async () => {
      if ((await this.sizeOf(removed)) === null) return false;
      if ((await this.sizeOf(place)) === null) await this.directories.moveIntoPlace(removed, place);
      else await unlessAbsent(this.disk.unlink(removed));
      return true;
    });
  }

  async unlinkRemoved(name: string): Promise<void> {
    await unlessAbsent(this.disk.unlink(this.removedPath(name)));
  }

  async *listBlobs(): AsyncGenerator<BlobEntry> {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const top = join(this.root, blobsPath(algorithm));
      for (const prefix of (await unlessAbsent(this.disk.readdir(top))) ?? []) {
        for (const hex of (await unlessAbsent(this.disk.readdir(join(top, prefix)))) ?? []) {
          const digest = `${algorithm}:${hex}`;
          const found = isDigest(digest) ? await this.statBlob(digest) : null;
          if (found !== null) yield { digest: digest as Digest, ...found };
        }
      }
    }
  }

  async checkHealth(): Promise<void> {
    try {
      await this.directories.ensure(this.uploads);
      await this.probe();
    } catch (cause) {
      throw Errors.unavailable('the blob storage does not work', { cause });
    }
  }

  async capacity(): Promise<StorageCapacity> {
    const { blocks, bavail, bsize } = await this.disk.statfs(this.root);
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  }

  private async probe(): Promise<void> {
    const path = join(this.uploads, `probe-${randomUUID()}`);
    const file = await this.disk.open(path, 'wx+', fileMode);
    try {
      await this.disk.unlink(path);
      const probe = Buffer.from(path);
      await writeFully(file, [probe], 0);
      const { buffer } = await file.read(Buffer.alloc(probe.length), 0, probe.length, 0);
      if (!probe.equals(buffer)) throw new Error('the probe came back changed');
    } finally {
      await file.close();
    }
  }

  private async moveOrDrop(upload: string, place: string, sizeBytes: number, isSealed: boolean): Promise<void> {
    if ((await this.sizeOf(place)) === sizeBytes) {
      await this.directories.settle(place);
      await unlessAbsent(this.disk.unlink(upload));
      return;
    }
    if (!isSealed) await this.seal(upload, sizeBytes);
    await this.directories.moveIntoPlace(upload, place);
  }

  /** False when there is a file already. */
  private async copyTo(to: string, from: string): Promise<boolean> {
    // A reflink where the filesystem has them.
    const how = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;
    const made = await unless(
      ['EEXIST'],
      this.disk.copyFile(from, to, how).then(() => true),
    );
    return made ?? false;
  }

  /** Makes a file end after `sizeBytes` and its content durable. */
  private async seal(path: string, sizeBytes: number): Promise<void> {
    const file = await this.disk.open(path, 'r+');
    try {
      await cutTo(file, sizeBytes);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  private async sizeOf(path: string): Promise<number | null> {
    return (await unlessAbsent(this.disk.stat(path)))?.size ?? null;
  }

  private async read(path: string, { range, signal }: ReadOptions): Promise<Readable | null> {
    signal?.throwIfAborted();
    const file = await unlessAbsent(this.disk.open(path, 'r'));
    return file === null ? null : file.createReadStream({ ...range, signal, highWaterMark: readChunkBytes });
  }

  private uploadPath(id: string, epoch: number): string {
    return join(this.uploads, uploadName(id, epoch));
  }

  private removedPath(name: string): string {
    return join(this.removed, checkRemovalName(name));
  }

  private blobPath(digest: Digest): string {
    return join(this.root, blobDataPath(digest));
  }
}

/** Drops what lies beyond `sizeBytes`. A file that is shorter has lost bytes in a crash of the machine. */
async function cutTo(file: nodeDisk.FileHandle, sizeBytes: number): Promise<void> {
  const { size } = await file.stat();
  if (size < sizeBytes) throw Errors.blobUploadUnknown();
  if (size > sizeBytes) await file.truncate(sizeBytes);
}

class FilesystemUploadWriter implements UploadWriter {
  private readonly file: nodeDisk.FileHandle;

  constructor(file: nodeDisk.FileHandle) {
    this.file = file;
  }

  write(chunks: readonly Buffer[], offset: number): Promise<void> {
    return onDisk(() => writeFully(this.file, chunks, offset));
  }

  sync(): Promise<void> {
    return onDisk(() => this.file.datasync());
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
