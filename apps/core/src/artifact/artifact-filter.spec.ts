import { parseFilters } from '@haven/http';
import { artifactFilter, latestInRepositoryFilter } from './artifact-filter.js';

const inRepository = (q: string) => artifactFilter({ repositoryId: 5 }, parseFilters(q));

describe('artifactFilter', () => {
  it('shows what is listed unless base says otherwise', () => {
    expect(inRepository('').where).toContain('artifact.repository_id = $1 AND artifact.listed');
    expect(inRepository('base=*').where).not.toContain('artifact.listed');
    expect(artifactFilter({ projectId: 3 }, new Map())).toEqual({
      where: 'artifact.project_id = $1 AND artifact.listed AND TRUE AND TRUE',
      values: [3],
    });
  });

  it.each([
    ['tags=v1', ['v1']],
    ['tags=~v', ['v']],
    ['Tags=v1', ['v1']],
    ['tags=*', [5]],
    ['tags=nil', [5]],
    ['tags="v1"', ['v1']],
  ])('binds what %s asks for, and nothing of it is SQL', (q, values) => {
    const filter = inRepository(q);
    expect(filter.values).toEqual([5, ...values]);
    expect(filter.where).not.toContain('v1');
  });

  it.each(['base=x', 'base=~*', 'base={*}', 'tags={a b}', 'tags=(a b)', 'tags=[a~b]', 'labels=1', 'labels=(a)'])(
    'refuses %s',
    (q) => {
      expect(() => inRepository(q)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }) as Error);
    },
  );
});

describe('latestInRepositoryFilter', () => {
  it('goes by the one type that is named', () => {
    const filter = latestInRepositoryFilter(3, parseFilters('media_type=a/b'));
    expect(filter.values).toEqual(['a/b', 3]);
    expect(filter.where).toContain('newest.media_type = $1');
    expect(latestInRepositoryFilter(3, parseFilters('artifact_type=a/b')).where).toContain('newest.artifact_type = $1');
  });

  it.each(['', 'tags=*', 'media_type=a/b,artifact_type=a/b', 'media_type=~a'])('refuses "%s"', (q) => {
    expect(() => latestInRepositoryFilter(3, parseFilters(q))).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }) as Error,
    );
  });
});
