import type { RouteDescription } from '@haven/http';
import { sql } from '@haven/models';
import { admin, CoreApp, type CallOptions, type Credentials, type TestUser } from './core-app.js';
import { operations, roleMatrix } from './permission-table.js';

/** Routes beside the API proper, with what they must be declared as. */
const outside: Readonly<Record<string, string>> = {
  getApiDescription: 'open',
  getApiPage: 'open',
  getApiPageAsset: 'open',
  getApiVersion: 'open',
  getHealthz: 'open',
  getMetrics: 'open',
  getReadyz: 'open',
  explain: 'authenticated',
  getRetentionPlan: 'authenticated',
  emptyTrash: 'inProject',
  getTrashSize: 'inProject',
  listTrash: 'inProject',
  restoreRepository: 'inProject',
  restoreTrashed: 'inProject',
  explainDigest: 'inSystem',
  explainProjectDigest: 'inProject',
  getProjectSpace: 'inProject',
  getRepositorySpace: 'inProject',
  listSpace: 'inSystem',
  startScrub: 'inSystem',
  listScrubs: 'inSystem',
  listDamagedBlobs: 'inSystem',
  getScrub: 'inSystem',
  stopScrub: 'inSystem',
  getScrubLog: 'inSystem',
  getToken: 'open',
  login: 'open',
  logout: 'open',
  oidcCallback: 'open',
  oidcLogin: 'open',
  oidcLogout: 'open',
  oidcOnboard: 'open',
  userExists: 'open',
  receiveRegistryEvents: 'internal',
  receiveTraffic: 'internal',
  receiveTransfers: 'internal',
  listTransfers: 'authenticated',
  streamOperations: 'authenticated',
  getReport: 'systemAdmin',
  getProjectReport: 'inProject',
  searchLogs: 'systemAdmin',
  tailLogs: 'systemAdmin',
  syncQuota: 'systemAdmin',
};

/** Operations that ask for a permission which depends on the request, with the test that goes through the cases. */
const byRequest: Readonly<Record<string, string>> = {
  ListLabels: 'governance.spec',
  CreateLabel: 'governance.spec',
  GetLabelByID: 'governance.spec',
  UpdateLabel: 'governance.spec',
  DeleteLabel: 'governance.spec',
  createRetention: 'retention.spec',
  getRetention: 'retention.spec',
  updateRetention: 'retention.spec',
  deleteRetention: 'retention.spec',
  triggerRetentionExecution: 'retention.spec',
  listRetentionExecutions: 'retention.spec',
  operateRetentionExecution: 'retention.spec',
  listRetentionTasks: 'retention.spec',
  getRetentionTaskLog: 'retention.spec',
  ListRobot: 'robot.spec',
  CreateRobot: 'robot.spec',
  GetRobotByID: 'robot.spec',
  UpdateRobot: 'robot.spec',
  RefreshSec: 'robot.spec',
  DeleteRobot: 'robot.spec',
};

const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
const linesOf = (table: string): string[][] => table.trim().split('\n').map(cells);

/** What the inventory says of an operation. */
interface Expected {
  route: string;
  rule: string;
}
const expectations = new Map<string, Expected>(
  linesOf(operations).map(([id = '', route = '', rule = '']) => [id, { route, rule }]),
);

type Party =
  'nobody' | 'stranger' | 'limitedGuest' | 'guest' | 'developer' | 'maintainer' | 'projectAdmin' | 'sysadmin';
const members = ['projectAdmin', 'maintainer', 'developer', 'guest', 'limitedGuest'] as const;
const roleIds = { projectAdmin: 1, maintainer: 4, developer: 2, guest: 3, limitedGuest: 5 } as const;
const parties: readonly Party[] = ['nobody', 'stranger', ...members, 'sysadmin'];

const words: Readonly<Record<string, string>> = { C: 'create', R: 'read', U: 'update', D: 'delete', L: 'list' };
/** Who holds what in a project: `resource:action party`, and `anyone` for a public one. */
const held = new Set(
  linesOf(roleMatrix).flatMap(([resource = '', ...columns]) =>
    columns.flatMap((column, index) =>
      (column.match(/[A-Z]|[a-z]+/g) ?? []).map(
        (word) => `${resource}:${words[word] ?? word} ${[...members, 'anyone'][index] ?? ''}`,
      ),
    ),
  ),
);

interface Situation {
  party: Party;
  isPublic: boolean;
  isSelf: boolean;
}

function mayInProject(permission: string, { party, isPublic }: Situation): boolean {
  if (party === 'sysadmin' || (isPublic && held.has(`${permission} anyone`))) return true;
  return held.has(`${permission} ${party}`);
}

/** Whether the inventory lets a party in. */
function mayCall(rule: string, situation: Situation): boolean {
  const { party, isSelf } = situation;
  switch (rule) {
    case 'open':
      return true;
    case 'auth':
      return party !== 'nobody';
    case 'service':
      return false;
    case 'admin-of-any':
      return party === 'sysadmin' || party === 'projectAdmin';
  }
  if (rule.startsWith('self ')) return (isSelf && party !== 'nobody') || party === 'sysadmin';
  if (rule.startsWith('S:')) return party === 'sysadmin';
  if (rule.startsWith('auth P:')) return party !== 'nobody' && mayInProject(rule.slice(7), situation);
  if (rule.startsWith('P:')) return mayInProject(rule.slice(2), situation);
  throw new Error(`what a request needs by the rule "${rule}" has to be tested by hand: say so here`);
}

const core = await CoreApp.start();
const people = new Map<Party, TestUser>([['sysadmin', admin]]);
const projects = { open: 0, closed: 0 };

async function prepare(): Promise<void> {
  people.set('stranger', await core.createUser('stranger'));
  projects.open = await core.createProject('perm-open', admin, true);
  projects.closed = await core.createProject('perm-closed', admin, false);
  for (const role of members) {
    const user = await core.createUser(role.toLowerCase());
    people.set(role, user);
    for (const project of Object.values(projects)) await core.addMember(project, user, roleIds[role]);
  }
  // With something in them, so that being allowed to delete them does not end them.
  await core.db.run(
    sql(
      "INSERT INTO repository (project_id, name, listed) VALUES ($1, 'perm-open/kept', true), ($2, 'perm-closed/kept', true)",
      projects.open,
      projects.closed,
    ),
  );
}

/** Bodies for operations that look at the request before they look at who asks. */
const bodies: Readonly<Record<string, unknown>> = {
  createUser: { username: 'made', password: 'Passw0rd-made', email: 'made@example.com', realname: 'Made' },
};

const absent = '999999';
const fill = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replace(/\{([^}]+)\}/g, (_all, name: string) => values[name] ?? absent);

async function answerTo(route: RouteDescription, { party, isPublic, isSelf }: Situation): Promise<number> {
  const project = isPublic ? 'perm-open' : 'perm-closed';
  const user: Credentials | undefined = people.get(party);
  const path = fill(route.path, {
    project_name_or_id: project,
    project_name: project,
    user_id: isSelf ? String(people.get(party)?.userId ?? absent) : absent,
  });
  const options: CallOptions = { as: user, body: bodies[route.operationId] };
  return (await core.call(route.method, path, options)).status;
}

function situationsOf(path: string): Situation[] {
  const inProject = path.includes('{project_name');
  const ofUser = path.includes('{user_id}');
  return parties.flatMap((party) =>
    (inProject ? [true, false] : [false]).flatMap((isPublic) =>
      (ofUser ? [true, false] : [false]).map((isSelf) => ({ party, isPublic, isSelf })),
    ),
  );
}

const outcome = (isLetIn: boolean, party: Party): string => (isLetIn ? 'let in' : party === 'nobody' ? '401' : '403');

/** What an answer says about the permission; everything but a refusal or a failure is being let in. */
function outcomeOf(status: number): string {
  if (status === 401 || status === 403) return String(status);
  // 503 comes after the permission: the test has no registry.
  return status < 500 || status === 503 ? 'let in' : `failed with ${status}`;
}

describe('permissions', () => {
  beforeAll(prepare);
  afterAll(() => core.stop());

  const inApi = core.routes.filter(({ operationId }) => outside[operationId] === undefined);

  it('are declared for every route, each of which is known', () => {
    const declared = core.routes.map(({ operationId, method, path, access }) => {
      const route = `${method} ${path.replace(/^\/api\/v2\.0/, '')}`;
      return outside[operationId] === undefined ? `${operationId} ${route}` : `${operationId} ${access.kind}`;
    });
    const known = core.routes.map(({ operationId }) => {
      const expected = outside[operationId] ?? expectations.get(operationId)?.route ?? 'is in no table';
      return `${operationId} ${expected}`;
    });
    expect(declared).toEqual(known);
  });

  const byRule = inApi.filter(({ operationId }) => !(operationId in byRequest));

  it.each(byRule)('$operationId lets in whom it should', async (route) => {
    const rule = expectations.get(route.operationId)?.rule ?? '';
    const expected: string[] = [];
    const seen: string[] = [];
    for (const situation of situationsOf(route.path)) {
      const { party, isPublic, isSelf } = situation;
      const what = `${party}${isPublic ? ' in public' : ''}${isSelf ? ' on themselves' : ''}`;
      // Nobody may end their own account: that is a rule of the operation, not of who may call it.
      if (route.operationId === 'deleteUser' && isSelf) continue;
      expected.push(`${what}: ${outcome(mayCall(rule, situation), party)}`);
      seen.push(`${what}: ${outcomeOf(await answerTo(route, situation))}`);
    }
    expect(seen).toEqual(expected);
  });

  it('let nobody but another service send events of the registry', async () => {
    const send = (options: CallOptions) => core.call('POST', '/service/notifications', options);
    expect((await send({ body: {} })).status).toBe(401);
    expect((await send({ body: {}, as: admin })).status).toBe(403);
    const answer = await send({ body: {}, headers: core.asService });
    expect([401, 403]).not.toContain(answer.status);
  });
});
