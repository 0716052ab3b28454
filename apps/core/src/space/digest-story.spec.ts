import { tellDigest, type DigestFacts } from './digest-story.js';

const now = new Date('2026-11-21T12:00:00Z');
const later = new Date('2026-11-28T12:00:00Z');
const earlier = new Date('2026-11-20T12:00:00Z');
const none = { total: 0, rows: [] };
const live = { sizeBytes: 1, status: 'live', isManifest: false, damage: null, review: null };
const review = { notBefore: later, reason: 'unlinked', claimedUntil: null, quarantinedAt: null };
const facts: DigestFacts = { now, state: live, references: none, trash: none, memberships: none, timeWindowHours: 2 };
const reference = { repositoryName: 'a/b', digest: 'd', role: 'layer' as const, tags: [] };
const trashed = { id: 1, repositoryName: 'a/b', digest: 'd', deletedBy: 'admin', deletedTime: earlier, dueTime: later };
const member = { repositoryName: 'a/b', leaseUntil: later, isPending: false };
const one = <Row>(row: Row) => ({ total: 1, rows: [row] });

const tell = (more: Partial<DigestFacts>) => tellDigest({ ...facts, ...more });
const told = (more: Partial<DigestFacts>) => [tell(more).status, ...tell(more).next].join('\n');

describe('what is told of a digest', () => {
  it.each<[string, Partial<DigestFacts>, RegExp]>([
    ['that artifacts keep it', { references: one(reference) }, /^in use\nIn use by 1 artifact: it stays until/],
    [
      'that the trash keeps it, and until when',
      { trash: one(trashed) },
      /^in the trash\n1 deleted artifact .* on 2026-11-28 12:00 UTC/,
    ],
    [
      'that emptied trash goes at once',
      { trash: one({ ...trashed, dueTime: earlier }) },
      /with the next round of the collector/,
    ],
    ['how long after the trash', { trash: one(trashed) }, /looked at 2 hours after that/],
    [
      'that a lease keeps it',
      { memberships: one(member) },
      /^held by a lease\na\/b may rely on its upload until 2026-11-28/,
    ],
    ['that no window ends leases', { memberships: one(member), timeWindowHours: 0 }, /^garbage/],
    [
      'that no window leaves uploads alone',
      { memberships: one({ ...member, isPending: true }), timeWindowHours: 0 },
      /^held by a lease/,
    ],
    ['that leases end', { memberships: one({ ...member, leaseUntil: earlier }) }, /^garbage/],
    [
      'when it is looked at',
      { state: { ...live, review } },
      /\(unlinked\)\. A collector sets it aside with the next look, on 2026-11-28/,
    ],
    [
      'who is at it',
      { state: { ...live, review: { ...review, claimedUntil: later } } },
      /a collector is at it \(until 2026/,
    ],
    ['that nobody looks at it', { state: live }, /^garbage\nNothing names it, and nobody/],
    ['that it is set aside', { state: { ...live, status: 'quarantined', review } }, /^set aside\n/],
    [
      'that it is lost',
      { state: { ...live, status: 'quarantined', damage: 'corrupt' }, references: one(reference) },
      /^in use\nIts file holds other bytes: .* pushes it again\.\n/,
    ],
    ['that it has gone', { state: { ...live, status: null } }, /^gone\nIt is not stored here/],
    ['nothing of others to a project', { state: null }, /^gone\nNothing of this project keeps it/],
  ])('says %s', (_what, more, expected) => {
    expect(told(more)).toMatch(expected);
  });
});
