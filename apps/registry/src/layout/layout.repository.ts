import { statement, type Sql } from '@haven/models';
import type { Digest } from '@haven/oci';

/** Rows of a page. */
const pageSize = 200;

const page = (name: string, columns: string, source: string, key: string) =>
  statement(`layout_${name}`, `SELECT ${columns} FROM ${source} AND ${key} > $2 ORDER BY ${key} LIMIT ${pageSize}`);

const repositoriesAfter = statement(
  'layout_repositories',
  `SELECT repository_id AS id, name FROM repository WHERE repository_id > $1 ORDER BY repository_id LIMIT ${pageSize}`,
);
const pages = {
  revisions: page('revisions', 'digest AS key', 'artifact WHERE repository_id = $1', 'digest'),
  // Uploads that no manifest has named may go again without an event.
  layers: page('layers', 'digest AS key', 'repository_blob WHERE NOT pending AND repository_id = $1', 'digest'),
  tags: page('tags', 'name AS key', 'tag WHERE repository_id = $1', 'name'),
};
const anyArtifact = statement('layout_any_artifact', 'SELECT EXISTS (SELECT FROM artifact) AS "isAny"');
const revisionsAmong = statement(
  'layout_revisions_among',
  'SELECT digest FROM artifact WHERE repository_id = $1 AND digest = ANY($2)',
);
const trashedAmong = statement(
  'layout_trashed_among',
  `SELECT digest FROM artifact_trash
    WHERE digest = ANY($2) AND (repository_name, project_id) = (SELECT name, project_id FROM repository WHERE repository_id = $1)`,
);
const membersAmong = statement(
  'layout_members_among',
  'SELECT digest FROM repository_blob WHERE repository_id = $1 AND digest = ANY($2)',
);
const tagsAmong = statement(
  'layout_tags_among',
  `SELECT tag.name, artifact.digest FROM tag JOIN artifact ON artifact.id = tag.artifact_id
    WHERE tag.repository_id = $1 AND tag.name = ANY($2)`,
);
const blobIsKnown = statement('layout_blob', 'SELECT digest FROM blob WHERE digest = $1');

/** What moving a volume in or out asks the database, a page at a time. */
export class LayoutRepository {
  constructor(private readonly db: Sql) {}

  async *repositories(): AsyncGenerator<{ id: number; name: string }> {
    for (let last = 0; ;) {
      const rows = await this.db.rows<{ id: number; name: string }>(repositoriesAfter(last));
      yield* rows;
      last = rows.at(-1)?.id ?? last;
      if (rows.length < pageSize) return;
    }
  }

  /** Digests of manifests or blobs, or names of tags, that a repository has; page by page. */
  async *pagesOf(part: keyof typeof pages, repositoryId: number): AsyncGenerator<string[]> {
    for (let last = ''; ;) {
      const rows = await this.db.rows<{ key: string }>(pages[part](repositoryId, last));
      if (rows.length > 0) yield rows.map((row) => row.key);
      last = rows.at(-1)?.key ?? last;
      if (rows.length < pageSize) return;
    }
  }

  async hasArtifacts(): Promise<boolean> {
    return (await this.db.one<{ isAny: boolean }>(anyArtifact())).isAny;
  }

  /** Those of the manifests that a repository has. */
  async knownRevisions(repositoryId: number, digests: readonly Digest[]): Promise<Set<string>> {
    return this.digests(revisionsAmong(repositoryId, digests));
  }

  /** Those of the manifests that lie in the trash of a repository. */
  async trashedRevisions(repositoryId: number, digests: readonly Digest[]): Promise<Set<string>> {
    return this.digests(trashedAmong(repositoryId, digests));
  }

  /** Those of the blobs that a repository may use. */
  async knownLayers(repositoryId: number, digests: readonly Digest[]): Promise<Set<string>> {
    return this.digests(membersAmong(repositoryId, digests));
  }

  /** Those of the tags that a repository has, with the manifests that they point at. */
  async knownTags(repositoryId: number, names: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.db.rows<{ name: string; digest: string }>(tagsAmong(repositoryId, names));
    return new Map(rows.map(({ name, digest }) => [name, digest]));
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return (await this.db.maybe(blobIsKnown(digest))) !== null;
  }

  private async digests(query: Parameters<Sql['rows']>[0]): Promise<Set<string>> {
    return new Set((await this.db.rows<{ digest: string }>(query)).map((row) => row.digest));
  }
}
