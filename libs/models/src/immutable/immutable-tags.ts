import { Errors } from '@haven/errors';
import type { RepositoryRef } from '../artifact/repository-ref.js';
import { statement, type Sql } from '../database/sql.js';
import { compileRule, type ImmutableRule } from './immutable-rule.js';

const rulesOf = statement(
  'immutable_rules',
  'SELECT tag_filter AS rule FROM immutable_tag_rule WHERE project_id = $1 AND NOT disabled',
);

/** Tells of a project's tags whether they can be moved or removed, by the rules as they are now: one query. */
export async function readImmutability(
  db: Sql,
  projectId: number,
): Promise<(repositoryName: string, tag: string) => boolean> {
  const rows = await db.rows<{ rule: ImmutableRule }>(rulesOf(projectId));
  const rules = rows.map(({ rule }) => compileRule(rule));
  return (repositoryName, tag) => {
    const inProject = repositoryName.slice(repositoryName.indexOf('/') + 1);
    return rules.some((covers) => covers(inProject, tag));
  };
}

/**
 * Keeps tags that a rule covers where they are. Asked only about tags that exist and would be moved or removed, so a push
 * of new tags pays nothing for it.
 * @throws AppError PRECONDITION with Harbor's message
 */
export async function assertMutable(tx: Sql, repository: RepositoryRef, tags: readonly string[]): Promise<void> {
  if (tags.length === 0) return;
  const isImmutable = await readImmutability(tx, repository.projectId);
  const immutable = tags.find((tag) => isImmutable(repository.name, tag));
  if (immutable === undefined) return;
  throw Errors.precondition(
    `Failed to process request due to '${repository.name}:${immutable}' configured as immutable.`,
  );
}
