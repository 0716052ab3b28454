import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';
import { isDigest, isTag, splitRepositoryName } from '@haven/oci';

/** What is to be copied, as `from` names it. */
export interface CopySource {
  project: string;
  /** Without its project. */
  repository: string;
  /** A tag or a digest. */
  reference: string;
}

/**
 * Reads `from`: `project/repository:tag` or `project/repository@digest`.
 * @throws AppError UNPROCESSABLE_ENTITY when it is missing, BAD_REQUEST when it is neither
 */
export function copySource(params: unknown): CopySource {
  const from = textParam(params, 'from');
  if (from === undefined) throw Errors.unprocessable('from in query is required');
  const [, name = '', separator, reference = ''] = /^([^@]+?)([:@])([^/]+)$/.exec(from) ?? [];
  const parts = splitRepositoryName(name);
  const isReference = separator === '@' ? isDigest(reference) : isTag(reference);
  if (parts === null || !isReference) {
    throw Errors.badRequest(`invalid copy source ${JSON.stringify(from)}: it is project/repository:tag or @digest`);
  }
  return { ...parts, reference };
}
