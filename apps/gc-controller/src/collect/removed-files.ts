import { statement, type BlobRemoval, type Sql } from '@haven/models';
import { parseDigest, type Digest } from '@haven/oci';
import type { BlobRemover } from '@haven/storage';
import { asideName } from '../scrub/aside-file.js';

/** Waits for a commit of the same digest that is under way; nothing is inserted when a blob has the digest. */
const reserve = statement(
  'manifest_file_reserve',
  "INSERT INTO blob (digest, size, status) VALUES ($1, 0, 'purging') ON CONFLICT DO NOTHING",
);
const free = statement('manifest_file_free', 'DELETE FROM blob WHERE digest = $1');

const nameOf = (digest: Digest): string => asideName('collected', digest);

/** The files of what is collected. */
export class RemovedFiles implements BlobRemoval {
  constructor(private readonly store: BlobRemover) {}

  async takeAway(digest: string): Promise<boolean> {
    const parsed = parseDigest(digest);
    return this.store.renameForRemoval(parsed, nameOf(parsed));
  }

  async putBack(digest: string): Promise<void> {
    const parsed = parseDigest(digest);
    await this.store.restoreRemoved(parsed, nameOf(parsed));
  }

  async unlink(digest: string): Promise<void> {
    await this.store.unlinkRemoved(nameOf(parseDigest(digest)));
  }

  /**
   * Takes away the file that the projection keeps of a manifest, in the transaction that removes its row, unless a blob has
   * the same bytes. A rollback loses nothing: the file is written again when the manifest comes back.
   */
  async takeManifest(tx: Sql, digest: string): Promise<void> {
    if ((await tx.run(reserve(digest))) === 0) return;
    await this.takeAway(digest);
    await this.unlink(digest);
    await tx.run(free(digest));
  }
}
