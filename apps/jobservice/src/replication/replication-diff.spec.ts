import type { Digest } from '@haven/oci';
import { compareRepository } from './replication-diff.js';
import type { Inventory, SourceArtifact } from './replication-end.js';

const one = `sha256:${'1'.repeat(64)}` as Digest;
const two = `sha256:${'2'.repeat(64)}` as Digest;
const signature = `sha256:${'3'.repeat(64)}` as Digest;
const artifact = (digest: Digest, tags: string[], companions: SourceArtifact['companions'] = []): SourceArtifact => ({
  digest,
  tags,
  companions,
});
const telling = (tags: Record<string, string>, digests: string[] = Object.values(tags)): Inventory => ({
  tags: new Map(Object.entries(tags)),
  digests: new Set(digests),
});
const silent = (...tags: string[]): Inventory => ({ tags: new Map(tags.map((tag) => [tag, null])), digests: null });
const nothing = new Map<string, string>();

describe('compareRepository', () => {
  it('copies what the target has not', () => {
    const { copies } = compareRepository(
      [artifact(one, ['a', 'b']), artifact(two, [])],
      telling({ a: one }),
      nothing,
      true,
    );
    expect(copies).toEqual([artifact(one, ['b']), artifact(two, [])]);
  });

  it('copies nothing that is there', () => {
    const source = [artifact(one, ['a']), artifact(two, [], [{ digest: signature, tags: [] }])];
    const diff = compareRepository(source, telling({ a: one }, [one, two, signature]), nothing, true);
    expect(diff).toEqual({ copies: [], unsure: [], kept: [] });
  });

  it('moves a tag only if it may', () => {
    const source = [artifact(one, ['a'])];
    expect(compareRepository(source, telling({ a: two }), nothing, true).copies).toEqual(source);
    expect(compareRepository(source, telling({ a: two }), nothing, false)).toEqual({
      copies: [],
      unsure: [],
      kept: ['a'],
    });
  });

  it('trusts what it copied before where the target tells tags only', () => {
    const source = [artifact(one, ['a', 'b'])];
    const { copies, unsure } = compareRepository(source, silent('a', 'b'), new Map([['a', one]]), true);
    expect(copies).toEqual([]);
    expect(unsure).toEqual([{ artifact: source[0], tag: 'b' }]);
  });

  it('copies again what the target has lost', () => {
    const { copies } = compareRepository([artifact(one, ['a'])], silent(), new Map([['a', one]]), true);
    expect(copies).toEqual([artifact(one, ['a'])]);
  });

  it('brings a signature that has come later', () => {
    const source = [artifact(one, ['a'], [{ digest: signature, tags: [] }])];
    expect(compareRepository(source, telling({ a: one }), nothing, true).copies).toEqual([
      artifact(one, [], [{ digest: signature, tags: [] }]),
    ]);
    const remembered = new Map([[signature, signature]]);
    expect(compareRepository(source, telling({ a: one }), remembered, true).copies).toEqual([]);
  });
});
