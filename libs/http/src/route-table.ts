import type { FastifyInstance, RouteOptions } from 'fastify';
import { isEnforced, type Access, type Operation } from './operation.decorator.js';

/** One route as the API description has it. */
export interface RouteDescription {
  operationId: string;
  method: string;
  /** With parameters in braces: `/api/v2.0/users/{user_id}`. */
  path: string;
  access: Access;
}

interface Route {
  method: string;
  path: string;
  operation: Operation | undefined;
  pattern: RegExp;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Matches what the router matches for this path, on the path as it came. */
const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .map((segment) => (segment === '*' ? '.*' : segment.startsWith(':') ? '[^/]+' : escapeRegExp(segment)))
      .join('/')}$`,
  );

const neededParams = (access: Access): string[] =>
  access.kind === 'inProject'
    ? ['{project_name_or_id}', '{project_name}']
    : access.kind === 'selfOrSystem'
      ? ['{user_id}']
      : [];

function faultsOf({ method, path, operation }: Route): string[] {
  const route = `${method} ${path}`;
  if (operation === undefined) return [`${route} declares no operation`];
  const faults = isEnforced(operation) ? [] : [`${route} stands outside the controllers, so it can only be open`];
  const needed = neededParams(operation.access);
  const segments = path.split('/');
  if (needed.length > 0 && !needed.some((param) => segments.includes(param))) {
    faults.push(`${route} is ${operation.access.kind} but has no ${needed.join(' or ')} in its path`);
  }
  return faults;
}

/** Every route that the router can reach, collected from the router itself as routes are added. */
export class RouteTable {
  private readonly routes: Route[] = [];

  /** @param fastify an instance to which no route was added yet */
  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', (route) => {
      this.add(route);
    });
  }

  private add({ method, url, config }: RouteOptions): void {
    const path = url.replace(/:([^/]+)/g, '{$1}');
    const pattern = patternOf(url.replace(/(.)\/$/, '$1'));
    for (const one of [method].flat()) this.routes.push({ method: one, path, operation: config?.operation, pattern });
  }

  /** Methods that a path answers to; none when the path is unknown. For 405 instead of 404. */
  allowedMethods(path: string): string[] {
    const plain = path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
    return this.routes.filter(({ pattern }) => pattern.test(plain)).map(({ method }) => method);
  }

  /**
   * The routes, for tests and for the API description.
   * @throws when a route declares no operation or one that cannot be enforced, or two have one id; names all of them
   */
  audit(): RouteDescription[] {
    const faults = this.routes.flatMap(faultsOf);
    const seen = new Map<string, Operation>();
    for (const { operation } of this.routes) {
      if (operation === undefined) continue;
      const first = seen.get(operation.id);
      if (first !== undefined && first !== operation) faults.push(`operation ${operation.id} is declared twice`);
      seen.set(operation.id, operation);
    }
    if (faults.length > 0) throw new Error(`the routes are not fit to serve:\n${faults.join('\n')}`);
    return this.routes.flatMap(({ method, path, operation }) =>
      operation === undefined ? [] : [{ operationId: operation.id, method, path, access: operation.access }],
    );
  }
}
