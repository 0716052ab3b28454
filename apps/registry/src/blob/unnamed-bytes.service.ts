import { Inject, Injectable } from '@nestjs/common';
import { recordLedger, statement, type Sql } from '@haven/models';
import { digestParts, type Digest } from '@haven/oci';
import type { BlobStore } from '@haven/storage';
import { BLOB_STORE } from '../storage/storage.providers.js';

/** Waits for a commit of the same digest that is under way; nothing is inserted when the digest has a row. */
const reserve = statement(
  'unnamed_reserve',
  "INSERT INTO blob (digest, size, status) VALUES ($1, 0, 'purging') ON CONFLICT DO NOTHING",
);
const free = statement('unnamed_free', 'DELETE FROM blob WHERE digest = $1');

/** Bytes in a blob's place that no row names: a commit put them there and then was cut short or refused. */
@Injectable()
export class UnnamedBytes {
  constructor(@Inject(BLOB_STORE) private readonly store: Pick<BlobStore, 'renameForRemoval' | 'unlinkRemoved'>) {}

  /**
   * Removes them, under the lock that commits of the digest take; leaves alone what has a row. A rollback brings nothing back,
   * and nothing is lost by it: nobody named these bytes while the lock was held.
   */
  async remove(tx: Sql, digest: Digest): Promise<void> {
    if ((await tx.run(reserve(digest))) === 0) return;
    const { algorithm, hex } = digestParts(digest);
    // Always the same name, so that a second try also finds what the first one was killed over.
    const name = `unnamed-${algorithm}-${hex}`;
    const wasThere = await this.store.renameForRemoval(digest, name);
    await this.store.unlinkRemoved(name);
    await tx.run(free(digest));
    if (!wasThere) return;
    const entry = { digest, step: 'purged', reason: 'its upload was cut short', actor: 'system' } as const;
    await recordLedger(tx, { ...entry, repositoryName: '', sizeBytes: 0 });
  }
}
