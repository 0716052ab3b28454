import { createHash } from 'node:crypto';
import type { Database, Sql } from '@haven/models';
import { digestOf, digestParts, type Digest } from '@haven/oci';
import type { BlobReader, BlobRemover, RepositoryProjection, StoredFile, StoredFiles } from '@haven/storage';
import { asideName } from './aside-file.js';
import type { Scrub } from './scrub.js';
import {
  factsOf,
  manifestPayload,
  missingAfter,
  recordDamage,
  recordRevival,
  repositoriesOf,
  underLock,
  type LockedBlob,
} from './scrub.repository.js';

/** Where blobs lie. */
export interface ScrubbedStore {
  files: StoredFiles;
  blobs: BlobReader & BlobRemover;
  /** Writes the files of manifests, whose bytes the database has. */
  projection: Pick<RepositoryProjection, 'writeManifestBlob'>;
}

/** How a file reads: its digest, or why it has none. `broken` is a medium that has lost it. */
export type Reading = Digest | 'gone' | 'broken' | 'unreadable';

/** What a disk says of bytes that it has lost. */
const mediumErrors = ['EIO', 'EUCLEAN', 'EBADMSG'];

/** Blobs whose file is gone or holds other bytes: nobody shall be told that they are there, and a push shall mend them. */
export class DamageService {
  constructor(
    private readonly db: Database,
    private readonly store: ScrubbedStore,
  ) {}

  /** Reads a whole file. @param onBytes told of each piece */
  async read(digest: Digest, signal: AbortSignal, onBytes?: (bytes: number) => Promise<void>): Promise<Reading> {
    const { algorithm } = digestParts(digest);
    const hash = createHash(algorithm);
    try {
      const stream = await this.store.blobs.readBlob(digest, { signal });
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk);
        await onBytes?.(chunk.length);
      }
    } catch (error) {
      signal.throwIfAborted();
      const code = Error.isError(error) && 'code' in error ? String(error.code) : '';
      if (code === 'BLOB_UNKNOWN') return 'gone';
      return mediumErrors.includes(code) ? 'broken' : 'unreadable';
    }
    return `${algorithm}:${hash.digest('hex')}` as Digest;
  }

  /** A live blob's row has no file: it is set aside, unless the file is there after all. */
  async missing(digest: Digest, scrub: Scrub): Promise<void> {
    scrub.report.assertFewLosses();
    const lost = await this.db.transaction((tx) =>
      underLock(tx, digest, async (blob) => {
        if (blob?.status !== 'live' || (await this.store.files.inspect(digest)) !== null) return null;
        await recordDamage(tx, { digest, kind: 'missing', sizeBytes: blob.sizeBytes });
        return blob;
      }),
    );
    if (lost === null) return;
    const repositories = await repositoriesOf(this.db, digest);
    const action = 'to be pushed again';
    scrub.found({ kind: 'missing', digest, size: lost.sizeBytes, action, repositories });
  }

  /**
   * A file holds other bytes than its digest says. It is renamed and kept, and its blob set aside.
   * @param seen the file that was read; another one that has come into its place is left alone
   */
  async corrupt(digest: Digest, seen: StoredFile, scrub: Scrub): Promise<void> {
    scrub.report.assertFewLosses();
    const size = seen.sizeBytes;
    const became = await this.takeCorrupt(digest, seen);
    if (became === 'manifest') {
      scrub.found({ kind: 'corrupt', digest, size, action: await this.writeManifest(digest) });
    } else if (became === 'damaged') {
      const repositories = await repositoriesOf(this.db, digest);
      scrub.found({ kind: 'corrupt', digest, size, action: 'set aside, to be pushed again', repositories });
    }
  }

  /** Blobs that were set aside as missing, and whose files are back: a volume was not mounted, say. */
  async revive(scrub: Scrub): Promise<void> {
    for (let after = ''; ;) {
      const batch = await missingAfter(this.db, after);
      for (const { digest } of batch) {
        if ((await this.read(digest, scrub.signal)) !== digest) continue;
        await this.db.transaction((tx) =>
          underLock(tx, digest, async (blob) => {
            const isBack = blob?.status === 'quarantined' && (await this.store.files.inspect(digest)) !== null;
            if (isBack) await recordRevival(tx, digest);
          }),
        );
      }
      const last = batch.at(-1);
      if (last === undefined) return;
      after = last.digest;
    }
  }

  /** @returns what was done */
  private async writeManifest(digest: Digest): Promise<string> {
    const payload = await manifestPayload(this.db, digest);
    if (payload === null) return 'none, its manifest was deleted meanwhile';
    if (digestOf(payload, digestParts(digest).algorithm) !== digest) return 'none, the database holds other bytes, too';
    await this.store.projection.writeManifestBlob(digest, payload);
    return 'written again from the database';
  }

  private async takeCorrupt(digest: Digest, seen: StoredFile): Promise<'damaged' | 'manifest' | 'another'> {
    try {
      return await this.db.transaction((tx) => underLock(tx, digest, (blob) => this.rename(tx, digest, seen, blob)));
    } catch (error) {
      // The file may be renamed, and its row as before: a pull shall at least get what is there.
      await this.db.transaction((tx) =>
        underLock(tx, digest, async (blob) => {
          if (blob?.status === 'live') await this.store.blobs.restoreRemoved(digest, asideName('corrupt', digest));
        }),
      );
      throw error;
    }
  }

  private async rename(
    tx: Sql,
    digest: Digest,
    seen: StoredFile,
    blob: LockedBlob | null,
  ): Promise<'damaged' | 'manifest' | 'another'> {
    const isManifest = blob === null && (await factsOf(tx, digest)).isManifest;
    if (blob?.status !== 'live' && !isManifest) return 'another';
    const name = asideName('corrupt', digest);
    const found = await this.store.files.inspect(digest);
    if (found === null) {
      // Renamed by a try of this transaction that the database gave up.
      if ((await this.store.files.inspectRemoved(name)) === null) return 'another';
    } else {
      if (found.changedAt.getTime() !== seen.changedAt.getTime()) return 'another';
      await this.store.blobs.renameForRemoval(digest, name);
    }
    if (blob === null) return 'manifest';
    await recordDamage(tx, { digest, kind: 'corrupt', sizeBytes: blob.sizeBytes });
    return 'damaged';
  }
}
