import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { createParamDecorator, Res, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { parseBody } from './body.js';
import { parseListQuery, type ListQuery } from './list-query.js';
import type { ProjectIdentity } from './project-directory.js';
import { parseInteger } from './query-params.js';

const requestOf = (context: ExecutionContext): FastifyRequest => context.switchToHttp().getRequest<FastifyRequest>();

const pathParam = (context: ExecutionContext, name: string): string =>
  (requestOf(context).params as Readonly<Record<string, string>>)[name] ?? '';

/** Who the request acts as: {@link Principal}. */
export const CurrentPrincipal = createParamDecorator(
  (_data: undefined, context): Principal => requestOf(context).principal,
);

/** The project that the path names: {@link ProjectIdentity}. Only on operations declared with `inProject`. */
export const CurrentProject = createParamDecorator((_data: undefined, context): ProjectIdentity => {
  const { project } = requestOf(context);
  if (project === null) throw new Error('@CurrentProject() stands on an operation that is not declared inProject');
  return project;
});

/** Ids of the caller's roles in that project: `readonly number[]`. */
export const CurrentRoles = createParamDecorator(
  (_data: undefined, context): readonly number[] => requestOf(context).roles,
);

/** `q`, `sort`, `page` and `page_size`: {@link ListQuery}. */
export const Listing = createParamDecorator((_data: undefined, context): ListQuery =>
  parseListQuery(requestOf(context).query),
);

/** The checked body, `@JsonBody(schema) body: z.infer<typeof schema>`; errors as of {@link parseBody}. */
export const JsonBody = (schema: z.ZodType): ParameterDecorator =>
  // The schema stays out of the decorator's arguments: Nest takes anything with a `transform` method there for a pipe.
  createParamDecorator((_data: undefined, context): unknown => parseBody(schema, requestOf(context).body))();

/** A number in the path, `@IdParam('user_id') userId: number`; anything else is UNPROCESSABLE_ENTITY. */
export const IdParam = createParamDecorator((name: string, context): number =>
  parseInteger(pathParam(context, name), name, 'path'),
);

/**
 * A repository's name without its project. Clients escape its slashes twice (`a%252Fb`), and the router unescapes once.
 * @throws BAD_REQUEST when it cannot be unescaped again
 */
export function repositoryNameParam(param: string): string {
  try {
    const name = decodeURIComponent(param);
    if (!name.includes('\0')) return name;
  } catch {
    // Falls through to the one answer for both faults.
  }
  throw Errors.badRequest('repository_name in path is not properly escaped');
}

/** `{repository_name}` of the path: `string`. */
export const RepositoryName = createParamDecorator((_data: undefined, context): string =>
  repositoryNameParam(pathParam(context, 'repository_name')),
);

/** Fastify's reply, for headers and status; what the method returns is still what is sent. */
export const Reply = (): ParameterDecorator => Res({ passthrough: true });
