import type { DigestState, Membership, Reference, Some, TrashReference } from './digest.repository.js';

/** What keeps a digest, or why nothing does. */
export type DigestStatus = 'in use' | 'in the trash' | 'held by a lease' | 'garbage' | 'set aside' | 'gone';

/** All that is known of a digest at a moment. */
export interface DigestFacts {
  now: Date;
  /** Null where the bytes are not the asker's business: what other projects do with them decides on those. */
  state: DigestState | null;
  references: Some<Reference>;
  trash: Some<TrashReference>;
  memberships: Some<Membership>;
  timeWindowHours: number;
}

export interface DigestStory {
  status: DigestStatus;
  /** What happens next and when, in whole sentences. */
  next: readonly string[];
}

const at = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const counted = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

/** Tells what keeps a digest and what becomes of it, by the rules of the collector. */
export function tellDigest(facts: DigestFacts): DigestStory {
  const { now, references, trash, state } = facts;
  const lease = leaseOf(facts);
  const next = [
    ...damageSentences(state),
    ...(references.total > 0
      ? [`In use by ${counted(references.total, 'artifact')}: it stays until the last of them is deleted.`]
      : []),
    ...trashSentences(facts),
    ...(lease === null || references.total > 0
      ? []
      : [`${lease.repositoryName} may rely on its upload until ${at(lease.leaseUntil)}, and it stays until then.`]),
  ];
  const held: DigestStatus | null =
    references.total > 0 ? 'in use' : trash.total > 0 ? 'in the trash' : lease === null ? null : 'held by a lease';
  if (held !== null) return { status: held, next };
  if (state === null) {
    return {
      status: 'gone',
      next: ['Nothing of this project keeps it. Its bytes go when nothing on the platform does.'],
    };
  }
  return unheld(state, now);
}

function damageSentences(state: DigestState | null): string[] {
  if (state?.damage === 'missing') return ['Its file is gone: it cannot be pulled until somebody pushes it again.'];
  if (state?.damage === 'corrupt')
    return ['Its file holds other bytes: it cannot be pulled until somebody pushes it again.'];
  return [];
}

/** With no window, leases of finished uploads keep nothing: only those that no manifest has followed do. */
function leaseOf({ memberships, now, timeWindowHours }: DigestFacts): Membership | null {
  const leases = memberships.rows.filter(
    ({ leaseUntil, isPending }) => leaseUntil > now && (isPending || timeWindowHours > 0),
  );
  return leases.toSorted((a, b) => b.leaseUntil.getTime() - a.leaseUntil.getTime())[0] ?? null;
}

function trashSentences({ trash, now, timeWindowHours }: DigestFacts): string[] {
  const [last] = trash.rows;
  if (last === undefined) return [];
  const when = last.dueTime > now ? `on ${at(last.dueTime)}` : 'with the next round of the collector';
  const deleted = counted(trash.total, 'deleted artifact');
  return [
    `${deleted} in the trash may come back and will want it. The last leaves the trash ${when}, earlier when the trash is emptied.`,
    timeWindowHours > 0
      ? `Its bytes are looked at ${counted(timeWindowHours, 'hour')} after that.`
      : 'Its bytes are looked at right after that.',
  ];
}

function unheld({ status, isManifest, review }: DigestState, now: Date): DigestStory {
  if (status === 'quarantined') {
    return {
      status: 'set aside',
      next: [
        'Nothing names it any more, and nobody can pull it or build on it. A push of it brings it back.',
        `Its bytes are removed with the next look${review === null ? '' : lookOf(review, now)}.`,
      ],
    };
  }
  if (status === null) {
    if (review !== null) {
      return {
        status: 'gone',
        next: [`What may be left of its bytes is removed with the next look${lookOf(review, now)}.`],
      };
    }
    const next = isManifest
      ? 'Nothing has this manifest any more.'
      : 'It is not stored here. The ledger says what became of it.';
    return { status: 'gone', next: [next] };
  }
  if (review === null) {
    return {
      status: 'garbage',
      next: ['Nothing names it, and nobody is to look at it: it stays until a scrub finds it.'],
    };
  }
  return {
    status: 'garbage',
    next: [
      `Nothing names it (${review.reason}). A collector sets it aside with the next look${lookOf(review, now)}, and removes its bytes with the one after that.`,
      'Until then a push or a mount keeps it.',
    ],
  };
}

function lookOf({ notBefore, claimedUntil }: NonNullable<DigestState['review']>, now: Date): string {
  if (claimedUntil !== null && claimedUntil > now) return `, and a collector is at it (until ${at(claimedUntil)})`;
  return notBefore > now ? `, on ${at(notBefore)}` : `, within seconds: it has been due since ${at(notBefore)}`;
}
