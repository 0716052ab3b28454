import type { Digest } from '@haven/oci';
import { blobFolders } from '@haven/storage';
import type { ScrubRules } from '../gc.config.js';
import type { DamageService, Reading, ScrubbedStore } from './damage.service.js';
import { Pace } from './pace.js';
import type { Scrub } from './scrub.js';

/** Reads every stored file and holds it against its digest. Goes on after a kill with the file that it was at. */
export class IntegrityScrub {
  constructor(
    private readonly store: ScrubbedStore,
    private readonly damage: DamageService,
    private readonly rules: Pick<ScrubRules, 'scrubBytesPerSecond' | 'scrubFilesPerSecond'>,
  ) {}

  async run(scrub: Scrub): Promise<void> {
    const { report, signal } = scrub;
    const folders = await this.folders();
    const bytePace = new Pace(this.rules.scrubBytesPerSecond);
    const filePace = new Pace(this.rules.scrubFilesPerSecond);
    for (const [place, folder] of folders.entries()) {
      if (folder < report.cursor.slice(0, folder.length)) continue;
      const digests = await this.store.files.digestsIn(folder);
      for (const [at, digest] of digests.entries()) {
        if (digest <= report.cursor) continue;
        await this.verify(digest, scrub, bytePace);
        report.advance(digest, (place + (at + 1) / digests.length) / folders.length);
        scrub.checkpoint();
        await filePace.spend(1, signal);
      }
    }
    report.advance(report.cursor, 1);
    scrub.checkpoint();
  }

  private async verify(digest: Digest, scrub: Scrub, pace: Pace): Promise<void> {
    const { report, signal } = scrub;
    const seen = await this.store.files.inspect(digest);
    if (seen === null) return;
    const read = (): Promise<Reading> => this.damage.read(digest, signal, (bytes) => pace.spend(bytes, signal));
    const reading = await read();
    report.checked({ files: 1, bytes: seen.sizeBytes });
    if (reading === digest || reading === 'gone') return;
    // Once more: a cable or a memory that errs now and then does not make a blob bad.
    const again = await read();
    if (again === 'gone') return;
    if (again === digest || again === 'unreadable') {
      const action = again === digest ? 'read well the second time' : 'nothing, the service may not read it';
      scrub.found({ kind: 'unreadable', digest, size: seen.sizeBytes, action });
      return;
    }
    await this.damage.corrupt(digest, seen, scrub);
  }

  private async folders(): Promise<string[]> {
    const hasSha512 = await this.store.files.hasBlobs('sha512');
    return [...blobFolders('sha256'), ...(hasSha512 ? blobFolders('sha512') : [])];
  }
}
