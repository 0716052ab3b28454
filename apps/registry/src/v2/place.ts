import { statement, type RepositoryRef, type Sql } from '@haven/models';
import { ensureRepository } from '@haven/models';
import { splitRepositoryName } from '@haven/oci';

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

/** Further columns and joins of a lookup; its own values start at `$4`. */
interface PlaceExtras {
  columns?: string;
  joins?: string;
}

/**
 * Makes the one query of a request: the project and the repository of a name, and in the same round trip whatever else
 * the request is about. Gives null when there is no such project.
 * @param name of the prepared statement
 */
export function placeQuery<P extends Place = Place>(name: string, { columns, joins }: PlaceExtras = {}) {
  const query = statement(
    `place_${name}`,
    `SELECT project.project_id AS "projectId", repository.repository_id AS "repositoryId",
            CASE WHEN $3::boolean THEN (SELECT version FROM access_version) END AS "accessVersion"
            ${columns === undefined ? '' : `, ${columns}`}
       FROM project
       LEFT JOIN repository ON repository.name = $2 AND repository.project_id = project.project_id
       ${joins ?? ''}
      WHERE project.name = $1 AND NOT project.deleted`,
  );
  return async (db: Sql, key: PlaceKey, ...values: unknown[]): Promise<P | null> => {
    const parts = splitRepositoryName(key.repository);
    if (parts === null) return null;
    return db.maybe<P>(query(parts.project, key.repository, key.withAccessVersion, ...values));
  };
}

/** For requests that need no more than the repository. */
export const findPlace = placeQuery('only');

/** The repository of a place; its row is made by the first push. */
export async function repositoryAt(tx: Sql, { projectId, repositoryId }: Place, name: string): Promise<RepositoryRef> {
  return repositoryId === null ? ensureRepository(tx, projectId, name) : { projectId, repositoryId, name };
}
