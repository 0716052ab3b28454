import type { Access, RouteDescription } from '@haven/http';

type Json = Record<string, unknown>;
type Paths = Record<string, Record<string, unknown>>;

const isOperation = (value: unknown): value is Json & { operationId: string } =>
  typeof value === 'object' && value !== null && 'operationId' in value && typeof value.operationId === 'string';

/** Says in words who may call an operation. */
export function describeAccess(access: Access): string {
  switch (access.kind) {
    case 'open':
      return 'anyone; what is shown depends on the caller';
    case 'authenticated':
      return 'anyone who has logged in';
    case 'systemAdmin':
      return 'system administrators';
    case 'internal':
      return 'services of the platform only';
    case 'inSystem':
      return `system permission ${access.resource}:${access.action}`;
    case 'inProject':
      return `project permission ${access.resource}:${access.action}`;
    case 'selfOrSystem':
      return `the user, or system permission ${access.resource}:${access.action}`;
  }
}

/**
 * Our own API description: of the contract, what this server answers to, with the permission of each operation.
 * @param contract Harbor's API description (Swagger 2.0)
 * @param routes the routes that exist
 */
export function describeApi(contract: Json, routes: readonly RouteDescription[]): Json {
  const accessById = new Map(routes.map((route) => [route.operationId, route.access]));
  const paths: Paths = {};
  for (const [path, item] of Object.entries(contract['paths'] as Paths)) {
    const kept = Object.entries(item).flatMap(([method, operation]) => {
      if (!isOperation(operation)) return method === 'parameters' ? [[method, operation]] : [];
      const access = accessById.get(operation.operationId);
      if (access === undefined) return [];
      const permission = describeAccess(access);
      const said = typeof operation['description'] === 'string' ? operation['description'].trim() : '';
      return [
        [
          method,
          { ...operation, description: `${said}\n\n**Permission:** ${permission}`, 'x-haven-permission': permission },
        ],
      ];
    });
    if (kept.some(([method]) => method !== 'parameters')) paths[path] = Object.fromEntries(kept) as Json;
  }
  // Without a host and schemes, whoever reads it takes those it was read from.
  const { host: _host, schemes: _schemes, ...rest } = contract;
  return {
    ...rest,
    info: {
      title: 'Haven API',
      description: 'The Harbor v2.0 API, as far as this server answers to it.',
      version: '2.0',
    },
    paths,
  };
}
