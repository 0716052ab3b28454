import type { FastifyInstance, RouteOptions } from 'fastify';
import { open, openRoute } from './operation.decorator.js';
import { RouteTable } from './route-table.js';

/** A table into which routes are put as Fastify would announce them. */
function tableOf(...routes: { method: string | string[]; url: string; config?: unknown }[]): RouteTable {
  let announce: (route: RouteOptions) => void = () => undefined;
  const table = new RouteTable({
    addHook: (_name: string, hook: typeof announce) => (announce = hook),
  } as unknown as FastifyInstance);
  for (const route of routes) announce(route as unknown as RouteOptions);
  return table;
}

describe('RouteTable', () => {
  const table = tableOf(
    { method: 'GET', url: '/a', ...openRoute('getA') },
    { method: ['PUT', 'DELETE'], url: '/a/:id', ...openRoute('changeA') },
    { method: 'POST', url: '/a/:id/b.c/', ...openRoute('createB') },
    { method: 'GET', url: '/files/*', ...openRoute('getFile') },
  );

  it.each([
    ['/a', ['GET']],
    ['/a/', ['GET']],
    ['//a', ['GET']],
    ['/a/1', ['PUT', 'DELETE']],
    ['/a/x%2Fy', ['PUT', 'DELETE']],
    ['/a/1/b.c', ['POST']],
    ['/a/1/bxc', []],
    ['/a/1/2', []],
    ['/files/x/y', ['GET']],
    ['/b', []],
    ['', []],
  ])('knows the methods of %s', (path, methods) => {
    expect(table.allowedMethods(path)).toEqual(methods);
  });

  it('describes every route', () => {
    expect(table.audit()).toEqual([
      { operationId: 'getA', method: 'GET', path: '/a', access: open() },
      { operationId: 'changeA', method: 'PUT', path: '/a/{id}', access: open() },
      { operationId: 'changeA', method: 'DELETE', path: '/a/{id}', access: open() },
      { operationId: 'createB', method: 'POST', path: '/a/{id}/b.c/', access: open() },
      { operationId: 'getFile', method: 'GET', path: '/files/*', access: open() },
    ]);
  });

  it('refuses access that no guard enforces', () => {
    const operation = { id: 'getSecret', access: { kind: 'systemAdmin' }, body: 'json' };
    expect(() => tableOf({ method: 'GET', url: '/secret', config: { operation } }).audit()).toThrow(
      'GET /secret stands outside the controllers, so it can only be open',
    );
  });
});
