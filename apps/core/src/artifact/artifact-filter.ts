import { Errors } from '@haven/errors';
import type { Filter } from '@haven/http';

/** A condition on `artifact`; it refers to its values as `$1`, `$2`, … */
export interface ArtifactFilter {
  where: string;
  values: readonly unknown[];
}

/** Where artifacts are looked for. */
export type ArtifactScope = { repositoryId: number } | { projectId: number };

type Filters = ReadonlyMap<string, Filter>;
type Bind = (value: unknown) => string;

// The repository says nothing that the artifact does not, but lets the planner read one repository's tags only.
const hasTag = (condition = ''): string =>
  `EXISTS (SELECT FROM tag WHERE tag.artifact_id = artifact.id AND tag.repository_id = artifact.repository_id${condition})`;

/**
 * Whether there is any tag. In one repository, the test for truth keeps the planner from making a join of it, which would
 * have to be sorted before a page can be cut out: so it goes along the list and looks each artifact up among the tags.
 */
const hasAnyTag = (scope: ArtifactScope, bind: Bind): string =>
  'repositoryId' in scope
    ? `EXISTS (SELECT FROM tag WHERE tag.artifact_id = artifact.id AND tag.repository_id = ${bind(scope.repositoryId)}) IS TRUE`
    : hasTag();

const isAccessory = 'EXISTS (SELECT FROM artifact_accessory WHERE artifact_accessory.artifact_id = artifact.id)';

function scopeSql(scope: ArtifactScope, bind: Bind): string {
  return 'repositoryId' in scope
    ? `artifact.repository_id = ${bind(scope.repositoryId)}`
    : `artifact.project_id = ${bind(scope.projectId)}`;
}

/** Tagged artifacts, and untagged ones that no index refers to; with `base=*` also the children of indexes. */
function baseSql(base: Filter | undefined): string {
  if (base === undefined) return 'artifact.listed';
  if (base.kind === 'exact' && base.value === '*') return `NOT ${isAccessory}`;
  throw Errors.badRequest('the value of "base" query can only be exact match value with "*"');
}

/** `*` any tag, `nil` none, else this one, or one that holds this text. */
function tagsSql(tags: Filter | undefined, scope: ArtifactScope, bind: Bind): string {
  if (tags === undefined) return 'TRUE';
  if (tags.kind === 'fuzzy') return hasTag(` AND strpos(tag.name, ${bind(tags.value)}) > 0`);
  if (tags.kind !== 'exact') {
    throw Errors.badRequest('the value of "tags" query can only be fuzzy match value or exact match value');
  }
  if (tags.value === '*') return hasAnyTag(scope, bind);
  return tags.value === 'nil' ? `NOT ${hasAnyTag(scope, bind)}` : hasTag(` AND tag.name = ${bind(tags.value)}`);
}

/** Artifacts that have all of these labels, by their ids. */
function labelsSql(labels: Filter | undefined, bind: Bind): string {
  if (labels === undefined) return 'TRUE';
  if (labels.kind === 'all' && labels.values.every((id) => /^\d{1,18}$/.test(id))) {
    const has = (id: string): string =>
      `EXISTS (SELECT FROM label_reference WHERE artifact_id = artifact.id AND label_id = ${bind(id)})`;
    return ['TRUE', ...labels.values.map(has)].join(' AND ');
  }
  throw Errors.badRequest('the value of "labels" query can only be integer list with intersection relationship');
}

function collect(build: (bind: Bind) => string[]): ArtifactFilter {
  const values: unknown[] = [];
  const conditions = build((value) => `$${values.push(value)}`);
  return { where: conditions.join(' AND '), values };
}

/**
 * What a list of artifacts holds, as far as `q` says so with words that are no columns: `base`, `tags` and `labels`.
 * @throws AppError BAD_REQUEST for a form of value that the word does not take
 */
export const artifactFilter = (scope: ArtifactScope, filters: Filters): ArtifactFilter =>
  collect((bind) => [
    scopeSql(scope, bind),
    baseSql(filters.get('base')),
    tagsSql(filters.get('tags') ?? filters.get('Tags'), scope, bind),
    labelsSql(filters.get('labels') ?? filters.get('Labels'), bind),
  ]);

/**
 * The artifact pushed last in each repository of a project, of the one `media_type` or `artifact_type` that `q` names.
 * @throws AppError BAD_REQUEST when `q` does not name exactly one of them
 */
export function latestInRepositoryFilter(projectId: number, filters: Filters): ArtifactFilter {
  const named = (['media_type', 'artifact_type'] as const).filter((key) => filters.has(key));
  const [column] = named;
  const type = column === undefined ? undefined : filters.get(column);
  if (named.length !== 1 || type?.kind !== 'exact') {
    throw Errors.badRequest(
      "either 'media_type' or 'artifact_type' must be specified, but not both, when querying with latest_in_repository",
    );
  }
  return collect((bind) => [
    `artifact.id IN (SELECT latest.id FROM repository CROSS JOIN LATERAL (
       SELECT newest.id FROM artifact newest
        WHERE newest.repository_id = repository.repository_id AND newest.${column} = ${bind(type.value)}
        ORDER BY newest.push_time DESC, newest.id DESC LIMIT 1) latest
      WHERE repository.project_id = ${bind(projectId)})`,
  ]);
}
