import { Errors } from '@haven/errors';
import { isRepositoryRoute, type Method, type Route } from './route.js';
import type { V2Kind } from './v2-request.js';

const knownAccess = { registry: ['login', 'catalog'], repository: ['pull', 'push', 'delete'] };

const everyKind: Readonly<Record<V2Kind, true>> = {
  base: true,
  catalog: true,
  tags: true,
  manifest: true,
  blob: true,
  uploads: true,
  upload: true,
  referrers: true,
};

/** Every route of /v2, by what its path is about and by method. */
export class RouteTable {
  private readonly byKind = new Map<string, Map<string, Route>>();

  /** @throws Error that names every route that does not say who may use it, or that another one hides */
  constructor(readonly routes: readonly Route[]) {
    const faults = routes.flatMap((route) => [...accessFaults(route), ...this.add(route)]);
    for (const kind of Object.keys(everyKind)) if (!this.byKind.has(kind)) faults.push(`nothing answers ${kind}`);
    if (faults.length > 0) throw new Error(`the routes are not fit to serve:\n${faults.join('\n')}`);
  }

  /** @throws AppError METHOD_NOT_ALLOWED */
  find(kind: V2Kind, method: string): Route {
    const methods = this.byKind.get(kind);
    const route = methods?.get(method);
    if (route !== undefined) return route;
    throw Errors.methodNotAllowed(undefined, { headers: { Allow: [...(methods?.keys() ?? [])].join(', ') } });
  }

  private add(route: Route): string[] {
    const methods = this.byKind.get(route.kind) ?? new Map<Method, Route>();
    this.byKind.set(route.kind, methods);
    const faults = route.methods
      .filter((method) => methods.has(method))
      .map((method) => `${route.id} repeats ${method}`);
    for (const method of route.methods) methods.set(method, route);
    return faults;
  }
}

function accessFaults(route: Route): string[] {
  // Types say so too; this holds for what has gone around them.
  const known = isRepositoryRoute(route) ? knownAccess.repository : knownAccess.registry;
  return known.includes(route.access) ? [] : [`${route.id} does not declare who may use it`];
}
