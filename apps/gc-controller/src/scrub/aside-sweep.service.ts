import type { Database } from '@haven/models';
import { fateOf, readAsideName, type AsideFile } from './aside-file.js';
import type { ScrubbedStore } from './damage.service.js';
import type { Scrub } from './scrub.js';
import { factsOf, recordStep, underLock } from './scrub.repository.js';

/** Bytes that were taken out of their place, and that nobody came back for: a kill, or what a scrub set aside earlier. */
export class AsideSweep {
  constructor(
    private readonly db: Database,
    private readonly store: ScrubbedStore,
  ) {}

  /** Settles what has lain there for so long. */
  async run(scrub: Scrub, olderThanMs: number): Promise<void> {
    for (const name of await this.store.files.removedNames()) {
      scrub.signal.throwIfAborted();
      const aside = readAsideName(name);
      const file = aside === null ? null : await this.store.files.inspectRemoved(name);
      if (aside === null || file === null || file.changedAt.getTime() > Date.now() - olderThanMs) continue;
      const fate = await this.settle(name, aside, file.sizeBytes);
      if (fate === 'keep') continue;
      const action = fate === 'restore' ? 'put back' : 'removed';
      scrub.found({ kind: 'leftover_file', digest: aside.digest, size: file.sizeBytes, action });
    }
  }

  private settle(name: string, { reason, digest }: AsideFile, sizeBytes: number): Promise<ReturnType<typeof fateOf>> {
    const { blobs, files } = this.store;
    return this.db.transaction((tx) =>
      underLock(tx, digest, async (blob) => {
        const isInPlace = (await files.inspect(digest)) !== null;
        const fate = fateOf(reason, { ...(await factsOf(tx, digest)), status: blob?.status ?? null, isInPlace });
        if (fate === 'restore') {
          await blobs.restoreRemoved(digest, name);
          await recordStep(tx, 'restored', 'its bytes had been taken away and forgotten', digest, sizeBytes);
        } else if (fate === 'remove') {
          await blobs.unlinkRemoved(name);
          await recordStep(tx, 'purged', `${reason} bytes that nothing needs`, digest, sizeBytes);
        }
        return fate;
      }),
    );
  }
}
