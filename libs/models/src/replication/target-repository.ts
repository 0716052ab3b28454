import { Errors } from '@haven/errors';

/** How deep the repositories of a target may lie; undefined means any depth. */
export interface PathLimits {
  minimum?: number;
  maximum?: number;
}

/**
 * What a repository is called at the target. Without a namespace names stay; with one, it takes the place of the first
 * `replaceCount` parts: `a/b/c/image` becomes for `n` and -1 `n/image`, 0 `n/a/b/c/image`, 1 `n/b/c/image`.
 * @throws AppError BAD_REQUEST when the name has too few parts, or too many or too few for the target
 */
export function targetRepository(source: string, namespace: string, replaceCount: number, limits: PathLimits): string {
  const name = namespace === '' ? source : underNamespace(source, namespace, replaceCount);
  const { minimum = 1, maximum = Number.POSITIVE_INFINITY } = limits;
  const parts = name.split('/').length;
  if (parts < minimum) {
    throw Errors.badRequest(
      `the destination repository "${name}" has ${parts} path components, but the destination registry requires at least ${minimum}`,
    );
  }
  if (parts > maximum) {
    throw Errors.badRequest(
      `the destination repository "${name}" has ${parts} path components, but the destination registry only supports ${maximum}`,
    );
  }
  return name;
}

function underNamespace(source: string, namespace: string, replaceCount: number): string {
  const path = source.split('/');
  const image = path.pop() ?? source;
  if (replaceCount > path.length) {
    throw Errors.badRequest(
      `the source repository "${source}" contains only ${path.length} path components excepting the last one, but the destination namespace flattening level is ${replaceCount}`,
    );
  }
  const kept = replaceCount < 0 ? [] : path.slice(replaceCount);
  return [namespace, ...kept, image].join('/');
}
