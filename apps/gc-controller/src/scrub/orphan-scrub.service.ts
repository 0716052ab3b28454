import { releaseProject, type Database } from '@haven/models';
import type { Digest } from '@haven/oci';
import { blobFolders } from '@haven/storage';
import type { ScrubRules } from '../gc.config.js';
import { asideName } from './aside-file.js';
import type { AsideSweep } from './aside-sweep.service.js';
import type { DamageService, ScrubbedStore } from './damage.service.js';
import { Pace } from './pace.js';
import type { Scrub } from './scrub.js';
import {
  blobRows,
  chargesFrom,
  countRows,
  digestsOfUnusedMembers,
  factsOf,
  recordStep,
  reviewNow,
  underLock,
  unknownDigests,
  type BlobRow,
  type Charge,
  type StoredCounts,
} from './scrub.repository.js';

const batchSize = 200;
/** What the cursor begins with once all folders are through. */
const atCharges = 'charges';

/**
 * Holds files against rows and rows against files, folder by folder, then what projects are charged for against what they
 * have. Goes on after a kill with the folder that it was at.
 */
export class OrphanScrub {
  private readonly safeAgeMs: number;

  constructor(
    private readonly db: Database,
    private readonly store: ScrubbedStore,
    private readonly damage: DamageService,
    private readonly sweep: AsideSweep,
    private readonly rules: Pick<ScrubRules, 'scrubFilesPerSecond' | 'scrubSafeAgeHours'>,
  ) {
    this.safeAgeMs = rules.scrubSafeAgeHours * 3_600_000;
  }

  async run(scrub: Scrub): Promise<void> {
    const { report } = scrub;
    const pace = new Pace(this.rules.scrubFilesPerSecond);
    const counts = await countRows(this.db);
    const hasSha512 = counts.hasSha512 || (await this.store.files.hasBlobs('sha512'));
    const folders = [...blobFolders('sha256'), ...(hasSha512 ? blobFolders('sha512') : [])];
    if (report.cursor === '') await this.begin(folders, counts, scrub);
    for (const [at, folder] of folders.entries()) {
      if (report.cursor.startsWith(atCharges) || folder <= report.cursor) continue;
      await this.walk(folder, scrub, pace);
      report.advance(folder, (at + 1) / folders.length);
      scrub.checkpoint();
    }
    await this.walkCharges(scrub, pace);
  }

  private async begin(folders: readonly string[], counts: StoredCounts, scrub: Scrub): Promise<void> {
    let files = 0;
    for (const folder of folders) files += (await this.store.files.digestsIn(folder)).length;
    scrub.report.assertBelongTogether(files, counts);
    await this.sweep.run(scrub, this.safeAgeMs);
    await this.damage.revive(scrub);
  }

  /** Names first, then rows: what is committed in between has both. */
  private async walk(folder: string, scrub: Scrub, pace: Pace): Promise<void> {
    const { report, signal } = scrub;
    const unseen = new Set(await this.store.files.digestsIn(folder));
    report.checked({ files: unseen.size });
    for (let after = folder; ;) {
      const rows = await blobRows(this.db, folder, after, batchSize);
      report.checked({ rows: rows.length });
      for (const row of rows) {
        unseen.delete(row.digest);
        await this.checkRow(row, scrub);
      }
      await this.checkUse(rows, scrub);
      await pace.spend(rows.length, signal);
      const last = rows.at(-1);
      if (last === undefined || rows.length < batchSize) break;
      after = last.digest;
    }
    const strangers = [...unseen];
    for (let at = 0; at < strangers.length; at += batchSize) {
      const batch = strangers.slice(at, at + batchSize);
      for (const digest of await unknownDigests(this.db, batch)) await this.checkOrphan(digest, scrub);
      await pace.spend(batch.length, signal);
    }
  }

  private async checkRow({ digest, status, sizeBytes, isBeingCollected }: BlobRow, scrub: Scrub): Promise<void> {
    if (status !== 'live' || isBeingCollected) return;
    const file = await this.store.files.inspect(digest);
    if (file === null) await this.damage.missing(digest, scrub);
    else if (file.sizeBytes !== sizeBytes) await this.damage.corrupt(digest, file, scrub);
  }

  /** What nothing uses, and nobody would look at again, goes to the collector. */
  private async checkUse(rows: readonly BlobRow[], scrub: Scrub): Promise<void> {
    const live = rows.filter(({ status }) => status === 'live');
    const blobs = live.filter(({ isUnused }) => isUnused).map(({ digest }) => digest as string);
    const members = await digestsOfUnusedMembers(
      this.db,
      live.map(({ digest }) => digest),
    );
    if (blobs.length + members.length === 0) return;
    await reviewNow(this.db, [...new Set([...blobs, ...members])].sort());
    const sizes = new Map(live.map(({ digest, sizeBytes }) => [digest as string, sizeBytes]));
    const note = (kind: 'unused_blob' | 'unused_membership') => (digest: string) => {
      scrub.found({ kind, digest, size: sizes.get(digest) ?? 0, action: 'left to the collector' });
    };
    blobs.forEach(note('unused_blob'));
    members.forEach(note('unused_membership'));
  }

  private async checkOrphan(digest: Digest, scrub: Scrub): Promise<void> {
    if ((await this.oldFile(digest)) === null) return;
    const taken = await this.db.transaction((tx) =>
      underLock(tx, digest, async (blob) => {
        const file = await this.oldFile(digest);
        const isManifest = async (): Promise<boolean> => (await factsOf(tx, digest)).isManifest;
        if (blob !== null || file === null || (await isManifest())) return null;
        const name = asideName('orphaned', digest);
        await this.store.blobs.renameForRemoval(digest, name);
        // Pushed meanwhile: what projects it may have seen the file, and have left it.
        if (await isManifest()) {
          await this.store.blobs.restoreRemoved(digest, name);
          return null;
        }
        await recordStep(tx, 'quarantined', 'no row knows its bytes', digest, file.sizeBytes);
        return file;
      }),
    );
    if (taken !== null) scrub.found({ kind: 'orphan_file', digest, size: taken.sizeBytes, action: 'set aside' });
  }

  /** The file of a blob, unless it is so young that a push may be at it. */
  private async oldFile(digest: Digest): Promise<{ sizeBytes: number } | null> {
    const file = await this.store.files.inspect(digest);
    return file !== null && file.changedAt.getTime() <= Date.now() - this.safeAgeMs ? file : null;
  }

  private async walkCharges(scrub: Scrub, pace: Pace): Promise<void> {
    const { report, signal } = scrub;
    for (;;) {
      const [, projectId = '0', digest = ''] = report.cursor.startsWith(atCharges) ? report.cursor.split(' ') : [];
      const charges = await chargesFrom(this.db, Number(projectId), digest, batchSize);
      report.checked({ rows: charges.length });
      for (const charge of charges) if (charge.isUnused) await this.release(charge, scrub);
      const last = charges.at(-1);
      if (last !== undefined) report.advance(`${atCharges} ${last.projectId} ${last.digest}`, 1);
      scrub.checkpoint();
      if (charges.length < batchSize) return;
      await pace.spend(charges.length, signal);
    }
  }

  private async release({ projectId, digest, sizeBytes }: Charge, scrub: Scrub): Promise<void> {
    const released = await this.db.transaction(async (tx) => {
      const bytes = await releaseProject(tx, projectId, [digest]);
      if (bytes > 0)
        await recordStep(tx, 'unlinked', `project ${projectId} was charged for it without use`, digest, bytes);
      return bytes;
    });
    if (released > 0) scrub.found({ kind: 'unused_charge', digest, size: sizeBytes, action: 'no longer charged' });
  }
}
