import { PermanentJobError } from '@haven/queue';
import { z } from 'zod';

/** What a scrub may find, and how bad that is: a `loss` is a blob that cannot be pulled. */
export const findingKinds = {
  orphan_file: 'leftover',
  leftover_file: 'leftover',
  unused_blob: 'leftover',
  unused_membership: 'leftover',
  unused_charge: 'leftover',
  unreadable: 'loss',
  missing: 'loss',
  corrupt: 'loss',
} as const satisfies Record<string, 'leftover' | 'loss'>;
export type FindingKind = keyof typeof findingKinds;
const kinds = Object.keys(findingKinds) as FindingKind[];

export interface Finding {
  kind: FindingKind;
  digest: string;
  size: number;
  /** What was done about it. */
  action: string;
  /** Some of those whose artifacts name it. */
  repositories?: string[];
}

/** So many findings are told one by one; the rest is counted. */
const mostTold = 100;
/** More losses than that, and more than one in twenty, are no decay: the disk is another one, or breaking. */
const fewLosses = 20;
const mostLossShare = 0.05;

const told = z.object({
  cursor: z.string(),
  progress: z.number(),
  checked: z.object({ files: z.number(), rows: z.number(), bytes: z.number() }),
  found: z.record(z.string(), z.object({ count: z.number(), bytes: z.number() })),
  first: z.array(
    z.object({
      kind: z.enum(kinds),
      digest: z.string(),
      size: z.number(),
      action: z.string(),
      repositories: z.array(z.string()).optional(),
    }),
  ),
});

/** What a scrub has looked at and found so far, and where it goes on: shown with its task, and read again after a kill. */
export class ScrubReport {
  private constructor(
    private readonly state: z.infer<typeof told>,
    private readonly isForced: boolean,
  ) {}

  /** Takes up what an earlier run has reported, if any has. */
  static from(attributes: Readonly<Record<string, unknown>>, isForced = false): ScrubReport {
    const earlier = told.safeParse(attributes);
    const fresh = { cursor: '', progress: 0, checked: { files: 0, rows: 0, bytes: 0 }, found: {}, first: [] };
    return new ScrubReport(earlier.data ?? fresh, isForced);
  }

  /** How far it has come, in words of whoever walks; empty at the start. */
  get cursor(): string {
    return this.state.cursor;
  }

  /** From 0 to 1. */
  get progress(): number {
    return this.state.progress;
  }

  get looked(): Readonly<{ files: number; rows: number; bytes: number }> {
    return this.state.checked;
  }

  get findings(): number {
    return kinds.reduce((sum, kind) => sum + this.count(kind), 0);
  }

  advance(cursor: string, progress: number): void {
    this.state.cursor = cursor;
    this.state.progress = progress;
  }

  checked({ files = 0, rows = 0, bytes = 0 }: { files?: number; rows?: number; bytes?: number }): void {
    const { checked } = this.state;
    checked.files += files;
    checked.rows += rows;
    checked.bytes += bytes;
  }

  note(finding: Finding): void {
    const { found, first } = this.state;
    const sum = (found[finding.kind] ??= { count: 0, bytes: 0 });
    sum.count += 1;
    sum.bytes += finding.size;
    if (first.length < mostTold) first.push(finding);
  }

  /** To be called before one more blob is set aside for its bytes. @throws PermanentJobError when that is no decay */
  assertFewLosses(): void {
    const losses = this.count('missing') + this.count('corrupt');
    const { files, rows } = this.state.checked;
    if (this.isForced || losses < fewLosses || losses < mostLossShare * Math.max(files, rows)) return;
    throw new PermanentJobError(
      `${losses} blobs are damaged or missing already: look at the disk and its mount first; force goes on all the same`,
    );
  }

  /** @throws PermanentJobError when a store and its rows cannot belong together */
  assertBelongTogether(files: number, { blobs, manifests }: { blobs: number; manifests: number }): void {
    if (this.isForced) return;
    const counts = `the store holds ${files} blobs, the database knows ${blobs} and ${manifests} manifests`;
    if (files + fewStrangers < blobs * (1 - mostStrangers)) {
      throw new PermanentJobError(`${counts}: is it the right store, and mounted? force goes on all the same`);
    }
    if (files - fewStrangers > (blobs + manifests) * (1 + mostStrangers)) {
      throw new PermanentJobError(`${counts}: is it to be indexed first? force goes on all the same`);
    }
  }

  /** A copy that stays as it is; cheap, for there may be one after each file. */
  attributes(): Record<string, unknown> {
    const { found, first, checked, ...at } = this.state;
    return { ...at, checked: { ...checked }, found: structuredClone(found), first: [...first] };
  }

  private count(kind: FindingKind): number {
    return this.state.found[kind]?.count ?? 0;
  }
}

/** How far counts may lie apart that are taken one after the other, of a store that was in use meanwhile. */
const fewStrangers = 10;
const mostStrangers = 0.1;
