import { ensureRepository, SharedQuery, statement, type RepositoryRef, type Sql } from '@haven/models';
import { splitRepositoryName } from '@haven/oci';
import { LRUCache } from 'lru-cache';

/** What stands at a repository's name at this moment. */
export interface Place {
  projectId: number;
  /** Null while nothing was ever uploaded to it. */
  repositoryId: number | null;
  /** Read only for requests with user name and password. */
  accessVersion: number | null;
}

/** What the one lookup of a request is asked with. */
export interface PlaceKey {
  repository: string;
  withAccessVersion: boolean;
}

/** What a lookup finds beside the repository. */
interface PlaceExtras {
  columns?: string;
  /** May use the lookup's own values: `asked.value1` and so on. */
  joins?: string;
  /** Types of those values in SQL. */
  values?: readonly string[];
  /** Whether it brings so much that nobody who asks for something else shall wait for it. */
  isLarge?: boolean;
}

interface Asked {
  key: PlaceKey;
  values: readonly unknown[];
}

/** Takes each row of `asked` by itself, by index: never a join of whole tables, however the planner guesses. */
function placeStatement(name: string, { columns, joins, values = [] }: PlaceExtras) {
  const arrays = values.map((type, index) => `, $${index + 4}::${type}[]`).join('');
  const names = values.map((_type, index) => `, value${index + 1}`).join('');
  return statement(
    `place_${name}`,
    `SELECT asked.position, place.*
       FROM unnest($1::text[], $2::text[], $3::boolean[]${arrays})
            WITH ORDINALITY AS asked (project, repository, with_version${names}, position)
      CROSS JOIN LATERAL (
        SELECT project.project_id AS "projectId", repository.repository_id AS "repositoryId",
               CASE WHEN asked.with_version THEN (SELECT version FROM access_version) END AS "accessVersion"
               ${columns === undefined ? '' : `, ${columns}`}
          FROM project
          LEFT JOIN repository ON repository.name = asked.repository AND repository.project_id = project.project_id
          ${joins ?? ''}
         WHERE project.name = asked.project AND NOT project.deleted
         LIMIT 1) AS place`,
  );
}

/**
 * Makes the one query of a request: the project and the repository of a name, and in the same round trip whatever else
 * the request is about. Requests that come together share a statement. Gives null when there is no such project.
 * @param name of the prepared statement
 */
export function placeQuery<P extends Place = Place>(name: string, extras: PlaceExtras = {}) {
  const query = placeStatement(name, extras);
  const answer = async (db: Sql, asks: readonly Asked[]): Promise<readonly (P | null)[]> => {
    const rows = await db.rows<P & { position: number }>(
      query(
        asks.map(({ key }) => splitRepositoryName(key.repository)?.project ?? null),
        asks.map(({ key }) => key.repository),
        asks.map(({ key }) => key.withAccessVersion),
        ...(extras.values ?? []).map((_type, index) => asks.map(({ values }) => values[index])),
      ),
    );
    const found = new Array<P | null>(asks.length).fill(null);
    for (const row of rows) found[row.position - 1] = row;
    return found;
  };
  const shared = new WeakMap<Sql, SharedQueries<Asked, P>>();
  return async (db: Sql, key: PlaceKey, ...values: unknown[]): Promise<P | null> => {
    const text = [key.repository, key.withAccessVersion, ...values].join('\n');
    const known = shared.get(db) ?? new SharedQueries((asks) => answer(db, asks), extras.isLarge === true);
    shared.set(db, known);
    return known.of(text).find(text, { key, values });
  };
}

const mostLarge = 1_000;

/** Small asks share statements; a large one has them to itself, with those who ask just the same. */
class SharedQueries<Ask, Row> {
  private readonly small: SharedQuery<Ask, Row>;
  private readonly large = new LRUCache<string, SharedQuery<Ask, Row>>({ max: mostLarge });

  constructor(
    private readonly answer: (asks: readonly Ask[]) => Promise<readonly (Row | null)[]>,
    private readonly isLarge: boolean,
  ) {
    this.small = new SharedQuery(answer);
  }

  of(key: string): SharedQuery<Ask, Row> {
    if (!this.isLarge) return this.small;
    const known = this.large.get(key) ?? new SharedQuery(this.answer, 1);
    this.large.set(key, known);
    return known;
  }
}

/** For requests that need no more than the repository. */
export const findPlace = placeQuery('only');

/** The repository of a place; its row is made by the first push. */
export async function repositoryAt(tx: Sql, { projectId, repositoryId }: Place, name: string): Promise<RepositoryRef> {
  return repositoryId === null ? ensureRepository(tx, projectId, name) : { projectId, repositoryId, name };
}
