import type { Readable } from 'node:stream';
import type { ByteRange, Digest } from '@haven/oci';

/** One open upload file. It has one writer at a time, which closes it before the upload is committed. */
export interface UploadWriter {
  /** Writes all of `chunks` at `offset`; resolves when the operating system has them. Error: STORAGE_FULL. */
  write(chunks: readonly Buffer[], offset: number): Promise<void>;
  /** Resolves when everything written will outlive a crash of the machine. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface ReadOptions {
  /** Without it, everything. */
  range?: ByteRange | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Bytes of uploads that are not blobs yet. An upload is named by its session's id and by an epoch, which grows by one with
 * every take-over: a writer that has lost its session without knowing still writes, but into a file that nobody will commit.
 * BLOB_UPLOAD_UNKNOWN means that the bytes are not there and that the client has to start again.
 */
export interface UploadFiles {
  /**
   * Opens the upload's file for writing, makes it at offset 0, and drops whatever lies beyond `offset`: nobody was told of it.
   * Errors: BLOB_UPLOAD_UNKNOWN when the file holds less than `offset`.
   */
  openUpload(id: string, epoch: number, offset: number): Promise<UploadWriter>;
  /** The returned stream must be read to its end or destroyed. Errors: BLOB_UPLOAD_UNKNOWN. */
  readUpload(id: string, epoch: number, options?: ReadOptions): Promise<Readable>;
  /**
   * Makes the first `length` bytes of one epoch the durable content of another, and leaves alone an epoch that has a file:
   * whoever began it may be slow and not gone. False then. Errors: BLOB_UPLOAD_UNKNOWN.
   */
  copyUploadPrefix(id: string, fromEpoch: number, toEpoch: number, length: number): Promise<boolean>;
  /**
   * Turns the first `sizeBytes` bytes of an upload into the blob `digest`, durably, and ends the upload. The caller has hashed
   * them. May be repeated, and done by several uploads at once. Errors: BLOB_UPLOAD_UNKNOWN, STORAGE_FULL.
   * @param isSealed whether the caller knows that the upload ends there, and has synced it
   */
  commitUpload(id: string, epoch: number, digest: Digest, sizeBytes: number, isSealed?: boolean): Promise<void>;
  /** Removes the files of an upload, of `epoch` and of every epoch before it; those that are not there do not matter. */
  removeUpload(id: string, epoch: number): Promise<void>;
  /** Removes what kills have left among the uploads and nobody has written to since; returns how many files. */
  removeStaleUploads(untouchedSince: Date): Promise<number>;
}

export interface BlobReader {
  statBlob(digest: Digest): Promise<{ sizeBytes: number } | null>;
  /** The returned stream must be read to its end or destroyed. Errors: BLOB_UNKNOWN. */
  readBlob(digest: Digest, options?: ReadOptions): Promise<Readable>;
}

/**
 * Removal in two steps around a commit of the database: rename to a name that the ledger knows, commit, unlink.
 * All three may be repeated. The caller holds the lock that commits of the same digest take.
 */
export interface BlobRemover {
  /** Takes the blob's data out of its place. False when there was none. */
  renameForRemoval(digest: Digest, name: string): Promise<boolean>;
  /** Puts it back, unless the blob has been pushed anew. False when there was nothing under that name. */
  restoreRemoved(digest: Digest, name: string): Promise<boolean>;
  unlinkRemoved(name: string): Promise<void>;
}

export interface BlobEntry {
  digest: Digest;
  sizeBytes: number;
}

/** Everything a driver can do. Callers ask for the part they need. */
export interface BlobStore extends UploadFiles, BlobReader, BlobRemover {
  /** Every blob with data, in no order; blobs that come and go meanwhile may be missed. */
  listBlobs(): AsyncIterable<BlobEntry>;
  /** Writes a probe, reads it back and removes it. Error: UNAVAILABLE, with the cause. */
  checkHealth(): Promise<void>;
  /** How much room there is; null where there is no telling. */
  capacity(): Promise<StorageCapacity | null>;
}

export interface StorageCapacity {
  totalBytes: number;
  freeBytes: number;
}
