import { Readable } from 'node:stream';
import { Errors } from '@haven/errors';
import type { Digest } from '@haven/oci';
import type { BlobEntry, BlobStore, ReadOptions, UploadWriter } from './blob-store.js';
import { checkRemovalName, uploadName } from './upload-name.js';

interface MemoryUpload {
  bytes: Buffer;
  touched: number;
}

/** Blobs in memory, for tests. It keeps the promises of the port, save those about crashes. */
export class MemoryBlobStore implements BlobStore {
  private readonly uploads = new Map<string, MemoryUpload>();
  private readonly blobs = new Map<Digest, Buffer>();
  private readonly removed = new Map<string, Buffer>();

  openUpload(id: string, epoch: number, offset: number): Promise<UploadWriter> {
    return settled(() => {
      const name = uploadName(id, epoch);
      if (offset > 0 && !this.uploads.has(name)) throw Errors.blobUploadUnknown();
      const upload = this.uploads.get(name) ?? { bytes: Buffer.alloc(0), touched: 0 };
      upload.bytes = cutTo(upload.bytes, offset);
      upload.touched = Date.now();
      this.uploads.set(name, upload);
      return new MemoryUploadWriter(upload);
    });
  }

  readUpload(id: string, epoch: number, options: ReadOptions = {}): Promise<Readable> {
    return settled(() => stream(this.upload(id, epoch).bytes, options));
  }

  copyUploadPrefix(id: string, fromEpoch: number, toEpoch: number, length: number): Promise<boolean> {
    return settled(() => {
      const from = this.upload(id, fromEpoch);
      if (this.uploads.has(uploadName(id, toEpoch))) return false;
      const bytes = Buffer.from(cutTo(from.bytes, length));
      this.uploads.set(uploadName(id, toEpoch), { bytes, touched: Date.now() });
      return true;
    });
  }

  commitUpload(id: string, epoch: number, digest: Digest, sizeBytes: number): Promise<void> {
    return settled(() => {
      const isThere = this.blobs.get(digest)?.length === sizeBytes;
      if (!isThere) this.blobs.set(digest, Buffer.from(cutTo(this.upload(id, epoch).bytes, sizeBytes)));
      this.uploads.delete(uploadName(id, epoch));
    });
  }

  removeUpload(id: string, epoch: number): Promise<void> {
    return settled(() => {
      for (let each = 0; each <= epoch; each++) this.uploads.delete(uploadName(id, each));
    });
  }

  removeStaleUploads(untouchedSince: Date): Promise<number> {
    return settled(() => {
      const stale = [...this.uploads].filter(([, { touched }]) => touched < untouchedSince.getTime());
      for (const [name] of stale) this.uploads.delete(name);
      return stale.length;
    });
  }

  statBlob(digest: Digest): Promise<{ sizeBytes: number } | null> {
    const blob = this.blobs.get(digest);
    return Promise.resolve(blob === undefined ? null : { sizeBytes: blob.length });
  }

  readBlob(digest: Digest, options: ReadOptions = {}): Promise<Readable> {
    return settled(() => {
      const blob = this.blobs.get(digest);
      if (blob === undefined) throw Errors.blobUnknown();
      return stream(blob, options);
    });
  }

  renameForRemoval(digest: Digest, name: string): Promise<boolean> {
    return settled(() => {
      checkRemovalName(name);
      const blob = this.blobs.get(digest);
      if (blob !== undefined) this.removed.set(name, blob);
      return this.blobs.delete(digest);
    });
  }

  restoreRemoved(digest: Digest, name: string): Promise<boolean> {
    return settled(() => {
      const blob = this.removed.get(checkRemovalName(name));
      if (blob !== undefined && !this.blobs.has(digest)) this.blobs.set(digest, blob);
      return this.removed.delete(name);
    });
  }

  unlinkRemoved(name: string): Promise<void> {
    return settled(() => {
      this.removed.delete(checkRemovalName(name));
    });
  }

  async *listBlobs(): AsyncGenerator<BlobEntry> {
    for (const [digest, blob] of this.blobs) yield await Promise.resolve({ digest, sizeBytes: blob.length });
  }

  checkHealth(): Promise<void> {
    return Promise.resolve();
  }

  capacity(): Promise<null> {
    return Promise.resolve(null);
  }

  private upload(id: string, epoch: number): MemoryUpload {
    const upload = this.uploads.get(uploadName(id, epoch));
    if (upload === undefined) throw Errors.blobUploadUnknown();
    return upload;
  }
}

class MemoryUploadWriter implements UploadWriter {
  private readonly upload: MemoryUpload;

  constructor(upload: MemoryUpload) {
    this.upload = upload;
  }

  write(chunks: readonly Buffer[], offset: number): Promise<void> {
    const added = Buffer.concat(chunks);
    const { bytes } = this.upload;
    const grown = Buffer.alloc(Math.max(bytes.length, offset + added.length));
    bytes.copy(grown);
    added.copy(grown, offset);
    this.upload.bytes = grown;
    this.upload.touched = Date.now();
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What `work` returns or throws, as a promise. */
const settled = <T>(work: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(work());
  });

function cutTo(bytes: Buffer, length: number): Buffer {
  if (bytes.length < length) throw Errors.blobUploadUnknown();
  return bytes.subarray(0, length);
}

function stream(bytes: Buffer, { range, signal }: ReadOptions): Readable {
  signal?.throwIfAborted();
  const wanted = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  return Readable.from(wanted.length === 0 ? [] : [wanted], { objectMode: false, ...(signal ? { signal } : {}) });
}
