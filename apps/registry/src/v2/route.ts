import type { Caller, RepositoryAction } from '../access/caller.js';
import type { V2Kind, V2Request, V2RequestOf } from './v2-request.js';
import type { Place, PlaceKey } from './place.js';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface RouteHead {
  /** Stable, and what logs and tests call it: `manifest.get`. */
  id: string;
  kind: V2Kind;
  methods: readonly Method[];
}

/** A route that is about the registry as a whole. */
export interface RegistryRoute extends RouteHead {
  /** `login`: whoever has said who they are. `catalog`: whoever may see every repository. */
  access: 'login' | 'catalog';
  handle(request: V2Request, caller: Caller): Promise<unknown>;
}

/** A request with what its lookup found, ready to be answered. */
export interface Located {
  place: Place;
  handle(caller: Caller): Promise<unknown>;
}

/** A route that is about one repository. */
export interface RepositoryRoute extends RouteHead {
  access: RepositoryAction;
  /** Another repository that a token for this request should let the client pull from. */
  alsoPulls(request: V2Request): string | null;
  /** Makes the one lookup of the request. Null when there is no such project. */
  locate(request: V2Request, key: PlaceKey): Promise<Located | null>;
}

export type Route = RegistryRoute | RepositoryRoute;

export const isRepositoryRoute = (route: Route): route is RepositoryRoute => 'locate' in route;

interface RepositoryRouteOptions<K extends V2Kind, P extends Place> {
  id: string;
  kind: K;
  methods: readonly Method[];
  access: RepositoryAction;
  alsoPulls?(request: V2RequestOf<K>): string | null;
  lookup(request: V2RequestOf<K>, key: PlaceKey): Promise<P | null>;
  handle(request: V2RequestOf<K>, place: P, caller: Caller): Promise<unknown>;
}

/** Describes a route about one repository; what its lookup finds is what its handler is given. */
export function repositoryRoute<K extends V2Kind, P extends Place>(
  options: RepositoryRouteOptions<K, P>,
): RepositoryRoute {
  const { id, kind, methods, access } = options;
  return {
    id,
    kind,
    methods,
    access,
    alsoPulls: (request) => options.alsoPulls?.(request as V2RequestOf<K>) ?? null,
    locate: async (request, key) => {
      const place = await options.lookup(request as V2RequestOf<K>, key);
      return place && { place, handle: (caller) => options.handle(request as V2RequestOf<K>, place, caller) };
    },
  };
}
