import type { Action, ProjectResource, SystemResource } from '@haven/rbac';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';

/** Who may call an operation, as data: the guard enforces it, tests are generated from it. */
export type Access =
  | { kind: 'open' }
  | { kind: 'authenticated' }
  | { kind: 'systemAdmin' }
  | { kind: 'internal' }
  | { kind: 'inSystem'; resource: SystemResource; action: Action }
  | { kind: 'inProject'; resource: ProjectResource; action: Action }
  | { kind: 'selfOrSystem'; resource: SystemResource; action: Action };

/** Anyone, also without credentials; what they see is for the handler to narrow. */
export const open = (): Access => ({ kind: 'open' });

/** Anyone who has said who they are. */
export const authenticated = (): Access => ({ kind: 'authenticated' });

/** System administrators only, whatever a robot was granted. */
export const systemAdmin = (): Access => ({ kind: 'systemAdmin' });

/** Other Haven services only. */
export const internal = (): Access => ({ kind: 'internal' });

/** Whoever has this permission in the system. */
export const inSystem = (resource: SystemResource, action: Action): Access => ({ kind: 'inSystem', resource, action });

/** Whoever has this permission in the project that `{project_name_or_id}` or `{project_name}` of the path names. */
export const inProject = (resource: ProjectResource, action: Action): Access => ({
  kind: 'inProject',
  resource,
  action,
});

/** The user whose id is `{user_id}` of the path, or whoever has this permission in the system. */
export const selfOrSystem = (resource: SystemResource, action: Action): Access => ({
  kind: 'selfOrSystem',
  resource,
  action,
});

export interface OperationOptions {
  /** What the body is written in; a form is taken only where it is asked for, because any web page can post one. */
  body?: 'json' | 'form';
}

/** One operation of the API. */
export interface Operation {
  id: string;
  access: Access;
  body: 'json' | 'form';
}

const OPERATION = Symbol('operation');

const guarded = new WeakSet<Operation>();

/**
 * Declares a controller method as an operation: its id in the API description, and who may call it.
 * A route without it keeps the application from starting.
 */
export function Operation(id: string, access: Access, { body = 'json' }: OperationOptions = {}): MethodDecorator {
  const operation: Operation = { id, access, body };
  guarded.add(operation);
  return applyDecorators(SetMetadata(OPERATION, operation), RouteConfig({ operation }));
}

/** The same for a route that stands outside the controllers, where no guard runs: `fastify.get(url, openRoute('x'), …)`. */
export const openRoute = (id: string): { config: { operation: Operation } } => ({
  config: { operation: { id, access: open(), body: 'json' } },
});

/** The operation that a handler was declared as. */
export const operationOf = (handler: object): Operation | undefined =>
  Reflect.getMetadata(OPERATION, handler) as Operation | undefined;

/** True when the guard stands before the operation, or nothing has to. */
export const isEnforced = (operation: Operation): boolean => operation.access.kind === 'open' || guarded.has(operation);
