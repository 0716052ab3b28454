import { RouteTable } from './route-table.js';
import type { RegistryRoute, RepositoryRoute } from './route.js';
import type { V2Kind } from './v2-request.js';

const handle = () => Promise.resolve();
const registry = (kind: V2Kind): RegistryRoute => ({ id: kind, kind, methods: ['GET'], access: 'login', handle });
const repository = (kind: V2Kind, id: string = kind): RepositoryRoute => ({
  ...{ id, kind, methods: ['GET', 'HEAD'], access: 'pull' },
  alsoPulls: () => null,
  locate: () => Promise.resolve(null),
});
const kinds: V2Kind[] = ['tags', 'manifest', 'blob', 'uploads', 'upload', 'referrers'];
const whole = [registry('base'), registry('catalog'), ...kinds.map((kind) => repository(kind))];

describe('RouteTable', () => {
  it('finds a route by kind and method, and tells which methods there are', () => {
    const table = new RouteTable(whole);
    expect(table.find('blob', 'HEAD').id).toBe('blob');
    expect(() => table.find('blob', 'POST')).toThrow(
      expect.objectContaining({ code: 'METHOD_NOT_ALLOWED', headers: { Allow: 'GET, HEAD' } }) as Error,
    );
  });

  it('does not start with a route that does not say who may use it', () => {
    const undeclared = { ...repository('blob'), access: undefined } as unknown as RepositoryRoute;
    const open = { ...registry('base'), access: 'open' } as unknown as RegistryRoute;
    const rest = whole.filter(({ kind }) => kind !== 'blob' && kind !== 'base');
    expect(() => new RouteTable([undeclared, open, ...rest])).toThrow(
      'the routes are not fit to serve:\nblob does not declare who may use it\nbase does not declare who may use it',
    );
  });

  it('does not start with a route that another one hides, or with a path that nothing answers', () => {
    expect(() => new RouteTable([...whole, repository('blob', 'blob.again')])).toThrow('blob.again repeats GET');
    expect(() => new RouteTable(whole.slice(0, -1))).toThrow('nothing answers referrers');
  });
});
