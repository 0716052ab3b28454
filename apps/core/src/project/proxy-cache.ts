import { Errors } from '@haven/errors';
import { statement, type Sql } from '@haven/models';

const isProxyCache = statement(
  'project_is_proxy_cache',
  'SELECT 1 FROM project WHERE project_id = $1 AND registry_id <> 0',
);

/** What a proxy cache holds comes from its source only. @throws AppError METHOD_NOT_ALLOWED */
export async function assertNoProxyCache(db: Sql, projectId: number): Promise<void> {
  if ((await db.maybe(isProxyCache(projectId))) === null) return;
  throw Errors.methodNotAllowed("the operation isn't supported for a proxy project");
}
