import type { RouteDescription } from '@haven/http';
import { sql } from '@haven/models';
import { fuzzWishes } from '@haven/testing';
import { parametersOf, requestDefinitions, type Parameter } from './contract.js';
import { ContentBuilder } from './content-builder.js';
import { admin, CoreApp, createdId, type CallOptions, type Credentials } from './core-app.js';
import { fuzzText, fuzzValue, Random } from './fuzz-values.js';

const { seed, rounds } = fuzzWishes();
const longestMs = 5_000;

/** Nothing of the inside is ever told: code, statements, paths, hashes, other people's secrets. */
const leak =
  /node_modules|\bat .+\.[jt]s:\d+|\bSELECT .+ FROM\b|\bINSERT INTO\b|violates|\/src\/|\/dist\/|scrypt|\$argon|v1\.[A-Za-z0-9+/]{40}/;

/** What is answered 503 without a registry. */
const needRegistry: readonly string[] = ['getVolumes', 'getAddition'];

const core = await CoreApp.start();
const random = new Random(seed);
const callers: (Credentials | undefined)[] = [undefined, admin];
const fitting: Record<string, string[]> = {};

async function prepare(): Promise<void> {
  const owner = await core.createUser('fuzz-owner');
  const guest = await core.createUser('fuzz-guest');
  const projectId = await core.createProject('fuzz', owner);
  await core.addMember(projectId, guest, 3);
  const digest = await new ContentBuilder(core.db, projectId, 'fuzz').push('app', 'fuzzed', { tag: 'v1' });
  const permissions = [
    {
      kind: 'project',
      namespace: '*',
      access: [
        { resource: 'repository', action: 'list' },
        { resource: 'label', action: 'create' },
      ],
    },
  ];
  const robot = await core.post('/robots', { name: 'fuzz', level: 'system', duration: -1, permissions }, admin);
  const { name, secret } = robot.body as { name: string; secret: string };
  callers.push(owner, guest, { username: name, password: secret });
  const label = createdId(await core.post('/labels', { name: 'fuzz', scope: 'g' }, admin));
  Object.assign(fitting, {
    project_name: ['fuzz', 'library'],
    project_name_or_id: ['fuzz', String(projectId), 'library'],
    repository_name: ['app', 'a%252Fb'],
    reference: ['v1', digest],
    digest: [digest],
    // Of nobody who is needed to go on.
    user_id: ['999', '-1', '4294967296'],
    label_id: [String(label), '99'],
    q: ['name=fuzz', 'name=~f', 'id=[1~9]', 'tags=*', 'labels=(1 2)', 'creation_time=[2020-01-01~]'],
    sort: ['name', '-creation_time', '-id,name'],
    page: ['1', '2', '100'],
    page_size: ['1', '10', '100'],
    scope: ['g', 'p', '/system', `/project/${projectId}`],
    project_id: [String(projectId)],
    from: ['fuzz/app:v1', `fuzz/app@${digest}`],
    username: ['fuzz-guest'],
    groupname: ['x'],
    addition: ['build_history', 'values.yaml'],
  });
}

/** Half a character cannot stand in a URL at all. */
const inUrl = (text: string): string => encodeURIComponent(text.toWellFormed());

const valueOf = ({ name, enum: known }: Parameter): string =>
  fuzzText(random, fitting[name] ?? known ?? ['99', '2', 'true']);

function requestOf(route: RouteDescription): { path: string; options: CallOptions } {
  const parameters = parametersOf(route.operationId);
  const path = route.path.replace(/\{(\w+)\}/g, (_all, name: string) => inUrl(valueOf({ name, in: 'path' })));
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && random.chance(0.5))
    .map((parameter) => `${parameter.name}=${inUrl(valueOf(parameter))}`);
  const body = parameters.find((parameter) => parameter.in === 'body');
  const headers = random.chance(0.05)
    ? { 'content-type': random.pick(['text/plain', 'application/xml', 'nonsense']) }
    : {};
  return {
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    options: {
      as: random.pick(callers),
      headers,
      ...(body?.schema === undefined ? {} : { body: fuzzValue(random, body.schema, requestDefinitions) }),
    },
  };
}

/** What is wrong with an answer; null when nothing is. */
async function problemOf(route: RouteDescription): Promise<string | null> {
  const { path, options } = requestOf(route);
  const told = `${route.method} ${path} ${JSON.stringify(options.body)} as ${options.as?.username ?? 'nobody'}`.slice(
    0,
    2_000,
  );
  const started = Date.now();
  try {
    const answer = await core.call(route.method, path, options);
    if (answer.status >= 500 && !needRegistry.includes(route.operationId)) return `${answer.status} to ${told}`;
    if (Date.now() - started > longestMs) return `slow: ${told}`;
    return leak.test(JSON.stringify(answer.body ?? '')) ? `leak: ${JSON.stringify(answer.body)} to ${told}` : null;
  } catch (error) {
    return `${String(error)} to ${told}`;
  }
}

describe(`whatever is sent (seed ${seed}, ${rounds} rounds)`, () => {
  const served = core.routes.filter(({ operationId }) => parametersOf(operationId).length > 0);

  beforeAll(prepare);
  afterAll(() => core.stop());

  it.each(served)(
    '$operationId has a proper answer',
    async (route) => {
      const problems: string[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const problem = await problemOf(route);
        if (problem !== null) problems.push(problem);
        // What one of them has switched shall not keep the others out.
        if (route.operationId === 'updateConfigurations') {
          await core.db.run(sql('DELETE FROM properties'));
          await core.configure({});
        }
      }
      expect(problems.slice(0, 5)).toEqual([]);
    },
    600_000,
  );

  it('leaves the platform whole', async () => {
    expect((await core.get('/users/current', admin)).body).toMatchObject({ username: 'admin', sysadmin_flag: true });
    expect((await core.get('/projects/library', admin)).status).toBe(200);
    expect((await core.get('/health')).body).toMatchObject({
      components: expect.arrayContaining([{ name: 'database', status: 'healthy' }]) as unknown,
    });
  });
});
