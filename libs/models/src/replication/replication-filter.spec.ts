import { selectsRepository, selectTags, type ReplicationCandidate } from './replication-filter.js';
import type { ReplicationFilter } from './replication-policy.js';

const image: ReplicationCandidate = { tags: ['1.0', '1.1', 'dev'], labels: ['prod', 'eu'], type: 'IMAGE' };
const tag = (value: string, decoration?: 'matches' | 'excludes'): ReplicationFilter =>
  decoration === undefined ? { type: 'tag', value } : { type: 'tag', value, decoration };
const label = (value: string[], decoration: 'matches' | 'excludes'): ReplicationFilter => ({
  type: 'label',
  value,
  decoration,
});

describe('selectTags', () => {
  it.each<[string, ReplicationFilter[], Partial<ReplicationCandidate>, string[] | null]>([
    ['nothing is asked', [], {}, ['1.0', '1.1', 'dev']],
    ['a pattern of tags', [tag('1.*')], {}, ['1.0', '1.1']],
    ['a pattern that leaves tags out', [tag('1.*', 'excludes')], {}, ['dev']],
    ['two patterns', [tag('1.*'), tag('*.0', 'excludes')], {}, ['1.1']],
    ['a pattern that no tag fits', [tag('2.*')], {}, null],
    ['an empty pattern', [tag('')], {}, ['1.0', '1.1', 'dev']],
    ['any tag, of an untagged artifact', [tag('**')], { tags: [] }, []],
    ['a pattern, of an untagged artifact', [tag('1.*')], { tags: [] }, null],
    ['a pattern to leave out, of an untagged artifact', [tag('1.*', 'excludes')], { tags: [] }, []],
    ['labels that it has', [label(['prod', 'eu'], 'matches')], {}, ['1.0', '1.1', 'dev']],
    ['a label that it has not', [label(['prod', 'us'], 'matches')], {}, null],
    ['labels to leave out', [label(['prod'], 'excludes')], {}, null],
    ['labels to leave out of which it has some', [label(['prod', 'us'], 'excludes')], {}, ['1.0', '1.1', 'dev']],
    ['images, of a chart', [{ type: 'resource', value: 'image' }], { type: 'CHART' }, null],
    ['artifacts, of a chart', [{ type: 'resource', value: 'artifact' }], { type: 'CHART' }, ['1.0', '1.1', 'dev']],
  ])('with %s', (_case, filters, candidate, expected) => {
    expect(selectTags(filters, { ...image, ...candidate })).toEqual(expected);
  });
});

describe('selectsRepository', () => {
  it.each([
    ['library/**', 'library/a/b', true],
    ['library/*', 'library/a/b', false],
    ['{library,base}/nginx', 'base/nginx', true],
    ['', 'anything/at/all', true],
  ])('%j and %s', (value, repository, expected) => {
    expect(selectsRepository([{ type: 'name', value }], repository)).toBe(expected);
  });
});
