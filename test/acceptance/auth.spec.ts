import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { makeImage, pullWhole, pushArtifact, type Answer, type Credentials, type Image } from '@haven/testing/oci';
import pg from 'pg';
import { asAdmin, asNobody } from '../harness/api.client.ts';
import { eventually } from '../harness/eventually.ts';
import {
  addMember,
  newMember,
  newProject,
  newUser,
  roles,
  uniqueName,
  type RoleName,
  type TestProject,
  type TestUser,
} from '../harness/fixtures.ts';
import { describeUnless } from '../harness/left-out.ts';
import { basicHeader, platform, registryFor } from '../harness/platform.ts';
import { actionsIn, bearer, claimsOf, tokenFor, v2 } from '../harness/token.ts';

const timeoutMs = 60_000;
const basicChallenge = 'Basic realm="harbor"';
const realm = `${platform.url}/service/token`;
const bearerChallenge = (scope?: string): string =>
  `Bearer realm="${realm}",service="harbor-registry"${scope ? `,scope="${scope}"` : ''}`;

/** Every refusal on /v2 is a 401 in the registry's own form. */
function expectRefusal(answer: Answer, challenge?: string): void {
  expect(answer.summary).toContain('→ 401');
  expect(answer.errorCodes).toEqual(['UNAUTHORIZED']);
  expect(answer.header('docker-distribution-api-version')).toBe('registry/2.0');
  if (challenge !== undefined) expect(answer.header('www-authenticate')).toBe(challenge);
}

let project: TestProject;
let image: Image;
/** A repository of the project in which the image stands under the tag v1. */
let repository: string;

beforeAll(async () => {
  project = await newProject('auth');
  repository = `${project.name}/app`;
  image = await makeImage({ seed: uniqueName('auth'), layerBytes: [5_000, 900] });
  await pushArtifact(registryFor(platform.admin), repository, image, 'v1');
}, timeoutMs);

describe('roles', () => {
  const everybody = Object.keys(roles) as RoleName[];
  const users = new Map<RoleName, TestUser>();
  const userAs = (role: RoleName): TestUser => users.get(role)!;

  beforeAll(async () => {
    for (const role of everybody) users.set(role, await newMember(project, role));
  }, timeoutMs);

  const table: { role: RoleName; push: boolean; delete: boolean; manageMembers: boolean; listMembers: boolean }[] = [
    { role: 'projectAdmin', push: true, delete: true, manageMembers: true, listMembers: true },
    { role: 'maintainer', push: true, delete: true, manageMembers: false, listMembers: true },
    { role: 'developer', push: true, delete: false, manageMembers: false, listMembers: true },
    { role: 'guest', push: false, delete: false, manageMembers: false, listMembers: true },
    { role: 'limitedGuest', push: false, delete: false, manageMembers: false, listMembers: false },
  ];

  it.each(table)('lets a $role pull', async ({ role }) => {
    expect(await pullWhole(registryFor(userAs(role)), repository, 'v1')).toBe(image.manifest.digest);
  });

  it.each(table)('lets a $role push: $push', async ({ role, push }) => {
    const client = registryFor(userAs(role));
    if (push) {
      const own = await makeImage({ seed: uniqueName(role) });
      await pushArtifact(client, repository, own, role.toLowerCase());
      expect(await pullWhole(client, repository, role.toLowerCase())).toBe(own.manifest.digest);
      return;
    }
    const manifest = { headers: { 'content-type': image.manifest.mediaType }, body: image.manifest.bytes };
    expectRefusal(await client.request('POST', `/v2/${repository}/blobs/uploads/`), basicChallenge);
    expectRefusal(await client.request('PUT', `/v2/${repository}/manifests/mine`, manifest), basicChallenge);
  });

  it.each(table)('lets a $role delete a manifest: $delete', async ({ role, delete: mayDelete }) => {
    const doomed = await makeImage({ seed: uniqueName('doomed') });
    const admin = registryFor(platform.admin);
    await pushArtifact(admin, repository, doomed, `doomed-${role.toLowerCase()}`);
    const path = `/v2/${repository}/manifests/${doomed.manifest.digest}`;
    const answer = await registryFor(userAs(role)).request('DELETE', path);
    if (mayDelete) expect(answer.status).toBe(202);
    else expectRefusal(answer, basicChallenge);
    expect((await admin.request('HEAD', path)).status).toBe(mayDelete ? 404 : 200);
  });

  it.each(table)('lets a $role add members: $manageMembers', async ({ role, manageMembers }) => {
    const newcomer = await newUser();
    const body = { role_id: roles.guest, member_user: { username: newcomer.username } };
    const { api } = userAs(role);
    expect((await api.post(`/projects/${project.name}/members`, body)).status).toBe(manageMembers ? 201 : 403);
  });

  it.each(table)('lets a $role list members: $listMembers', async ({ role, listMembers }) => {
    const { api } = userAs(role);
    expect((await api.get(`/projects/${project.name}/members`)).status).toBe(listMembers ? 200 : 403);
  });

  it('grants in a token what the role allows, whatever is asked for', async () => {
    const expected: Record<RoleName, string[]> = {
      projectAdmin: ['delete', 'pull', 'push'],
      maintainer: ['delete', 'pull', 'push'],
      developer: ['pull', 'push'],
      guest: ['pull'],
      limitedGuest: ['pull'],
    };
    for (const role of everybody) {
      const token = await tokenFor(userAs(role), `repository:${repository}:pull`);
      expect({ role, actions: actionsIn(token, repository) }).toEqual({ role, actions: expected[role] });
    }
  });

  it('lets nobody in who is not a member', async () => {
    const stranger = await newUser('stranger');
    const client = registryFor(stranger);
    expectRefusal(await client.request('GET', `/v2/${repository}/manifests/v1`), basicChallenge);
    expectRefusal(await client.request('POST', `/v2/${repository}/blobs/uploads/`), basicChallenge);
    expect((await stranger.api.get(`/projects/${project.name}`)).status).toBe(403);
  });

  it('refuses the next token of a member who was removed', async () => {
    const user = await newUser('removed');
    const membership = await addMember(project, user, 'developer');
    await pullWhole(registryFor(user), repository, 'v1');
    (await asAdmin.delete(`/projects/${project.name}/members/${membership}`)).expect(200);
    expect(actionsIn(await tokenFor(user, `repository:${repository}:pull`), repository)).toEqual([]);
    expectRefusal(await registryFor(user).request('GET', `/v2/${repository}/manifests/v1`), basicChallenge);
  });

  it('gives no token to a user who was deleted', async () => {
    const user = await newMember(project, 'guest');
    await pullWhole(registryFor(user), repository, 'v1');
    (await asAdmin.delete(`/users/${user.id}`)).expect(200);
    expect(actionsIn(await tokenFor(user, `repository:${repository}:pull`), repository)).toEqual([]);
  });
});

describe('anonymous', () => {
  const libraryRepository = `library/${uniqueName('open')}`;
  const nobody = registryFor();

  beforeAll(async () => {
    await pushArtifact(registryFor(platform.admin), libraryRepository, image, 'v1');
  }, timeoutMs);

  it('is challenged, gets a token, and pulls from the public project library', async () => {
    expectRefusal(
      await v2('GET', `${libraryRepository}/manifests/v1`),
      bearerChallenge(`repository:${libraryRepository}:pull`),
    );
    const token = await tokenFor(undefined, `repository:${libraryRepository}:pull`);
    expect(claimsOf(token).sub).toBe('');
    expect(actionsIn(token, libraryRepository)).toEqual(['pull']);
    expect(await pullWhole(nobody, libraryRepository, 'v1')).toBe(image.manifest.digest);
  });

  it('does not push to the public project', async () => {
    expectRefusal(await nobody.request('POST', `/v2/${libraryRepository}/blobs/uploads/`), basicChallenge);
    expectRefusal(await nobody.request('DELETE', `/v2/${libraryRepository}/manifests/${image.manifest.digest}`));
  });

  it('does not pull from a private project', async () => {
    expect(actionsIn(await tokenFor(undefined, `repository:${repository}:pull`), repository)).toEqual([]);
    expectRefusal(await nobody.request('GET', `/v2/${repository}/manifests/v1`), basicChallenge);
    expectRefusal(await nobody.request('GET', `/v2/${repository}/blobs/${image.config.digest}`), basicChallenge);
  });

  it('does not mount a blob out of a private project', async () => {
    const maintainerOfLibrary = await newUser();
    await addMember({ id: 1, name: 'library' }, maintainerOfLibrary, 'developer');
    const query = `mount=${image.config.digest}&from=${repository}`;
    const target = `library/${uniqueName('thief')}`;
    const answer = await registryFor(maintainerOfLibrary).request('POST', `/v2/${target}/blobs/uploads/?${query}`);
    expect([202, 401]).toContain(answer.status);
    expect(
      (await registryFor(maintainerOfLibrary).request('HEAD', `/v2/${target}/blobs/${image.config.digest}`)).status,
    ).toBe(404);
  });

  it('sees public projects only over the API', async () => {
    expect((await asNobody.get('/projects/library')).status).toBe(200);
    expect((await asNobody.get(`/projects/${project.name}`)).status).toBe(401);
    const names = (await asNobody.get(`/projects?name=${project.name}`)).expect(200).json();
    expect(names).toEqual([]);
  });
});

describe('challenges', () => {
  it('sends whoever comes without credentials to the token service', async () => {
    expectRefusal(await v2('GET', ''), bearerChallenge());
    expectRefusal(await v2('GET', `${repository}/tags/list`), bearerChallenge(`repository:${repository}:pull`));
    expectRefusal(await v2('PUT', `${repository}/manifests/x`), bearerChallenge(`repository:${repository}:pull,push`));
    expectRefusal(
      await v2('DELETE', `${repository}/manifests/${image.manifest.digest}`),
      bearerChallenge(`repository:${repository}:delete`),
    );
  });

  it('asks for both repositories on a mount', async () => {
    const target = `${project.name}/target`;
    const answer = await v2('POST', `${target}/blobs/uploads/?mount=${image.config.digest}&from=${repository}`);
    expectRefusal(answer, bearerChallenge(`repository:${target}:pull,push repository:${repository}:pull`));
  });

  it('names the host that the client asked, with its port', async () => {
    const answer = await v2('GET', '', { headers: { host: 'registry.example:5443' } });
    expect(answer.header('www-authenticate')).toBe(
      'Bearer realm="http://registry.example:5443/service/token",service="harbor-registry"',
    );
  });

  it('answers a HEAD like a GET, without the body', async () => {
    const answer = await v2('HEAD', `${repository}/manifests/v1`);
    expect(answer.status).toBe(401);
    expect(answer.header('www-authenticate')).toBe(bearerChallenge(`repository:${repository}:pull`));
    expect(answer.text).toBe('');
  });

  it('offers Basic for the catalog, and shows it to system admins only', async () => {
    const user = await newUser();
    expectRefusal(await v2('GET', '_catalog'), basicChallenge);
    expectRefusal(await v2('GET', '_catalog', { headers: basicHeader(user) }), basicChallenge);
    const answer = await v2('GET', '_catalog?n=1', { headers: basicHeader(platform.admin) });
    expect((answer.expect(200).json() as { repositories: string[] }).repositories).toHaveLength(1);
  });

  it('does not tell a project that is not there from one that is closed', async () => {
    const user = await newUser();
    const missing = `${uniqueName('missing')}/app`;
    const closed = await v2(
      'GET',
      `${repository}/manifests/v1`,
      bearer(await tokenFor(user, `repository:${repository}:pull`)),
    );
    const absent = await v2(
      'GET',
      `${missing}/manifests/v1`,
      bearer(await tokenFor(user, `repository:${missing}:pull`)),
    );
    expectRefusal(closed, basicChallenge);
    expectRefusal(absent);
    expect(absent.header('www-authenticate') ?? '').not.toContain('Bearer');
  });
});

describe('basic credentials straight on /v2', () => {
  let developer: TestUser;

  beforeAll(async () => {
    developer = await newMember(project, 'developer');
  }, timeoutMs);

  const get = (path: string, credentials: Credentials): Promise<Answer> =>
    v2('GET', path, { headers: basicHeader(credentials) });

  it('open the door', async () => {
    expect((await get('', developer)).status).toBe(200);
  });

  it('pull and push within the role', async () => {
    expect((await get(`${repository}/manifests/v1`, developer)).status).toBe(200);
    expect((await v2('POST', `${repository}/blobs/uploads/`, { headers: basicHeader(developer) })).status).toBe(202);
    const path = `${repository}/manifests/${image.manifest.digest}`;
    expectRefusal(await v2('DELETE', path, { headers: basicHeader(developer) }), basicChallenge);
  });

  it('are refused when the password is wrong', async () => {
    const user = await newMember(project, 'guest');
    expectRefusal(await get(`${repository}/manifests/v1`, { ...user, password: 'Wrong-passw0rd' }), basicChallenge);
  });

  it('end with the password that they hold', async () => {
    const user = await newMember(project, 'guest');
    expect((await get(`${repository}/manifests/v1`, user)).status).toBe(200);
    (await asAdmin.put(`/users/${user.id}/password`, { new_password: 'Another-passw0rd' })).expect(200);
    await eventually('the old password is refused', async () =>
      (await get(`${repository}/manifests/v1`, user)).status === 401 ? true : undefined,
    );
    expect((await get(`${repository}/manifests/v1`, { ...user, password: 'Another-passw0rd' })).status).toBe(200);
  });

  it('end with the membership', async () => {
    const user = await newUser();
    const membership = await addMember(project, user, 'guest');
    expect((await get(`${repository}/manifests/v1`, user)).status).toBe(200);
    (await asAdmin.delete(`/projects/${project.name}/members/${membership}`)).expect(200);
    await eventually('the former member is refused', async () =>
      (await get(`${repository}/manifests/v1`, user)).status === 401 ? true : undefined,
    );
  });
});

describe('token service', () => {
  const ask = (query: string, credentials?: Credentials, method = 'GET'): Promise<Answer> =>
    registryFor().request(method, `/service/token?${query}`, credentials ? { headers: basicHeader(credentials) } : {});

  it('answers in the form that clients read', async () => {
    const answer = await ask(`service=harbor-registry&scope=repository:${repository}:pull&account=x`, platform.admin);
    const body = answer.expect(200).json() as Record<string, unknown>;
    expect(body).toEqual({
      token: expect.any(String) as string,
      access_token: '',
      expires_in: expect.any(Number) as number,
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as string,
    });
    const claims = claimsOf(String(body['token']));
    expect(claims).toMatchObject({ iss: 'harbor-token-issuer', sub: 'admin', aud: 'harbor-registry' });
    expect(claims.exp - claims.iat).toBe(body['expires_in']);
  });

  it('takes several scopes, repeated or in one', async () => {
    const [first, second, third] = ['a', 'b', 'c'].map((name) => `${project.name}/${name}`);
    const query = `scope=repository:${first}:pull%20repository:${second}:push&scope=repository:${third}:pull`;
    const answer = await ask(`service=harbor-registry&${query}`, platform.admin);
    const { token } = answer.expect(200).json() as { token: string };
    expect(claimsOf(token).access.map(({ name }) => name)).toEqual([first, second, third]);
  });

  it('keeps what is not there in the answer, with nothing allowed', async () => {
    const missing = `${uniqueName('missing')}/app`;
    expect(actionsIn(await tokenFor(platform.admin, `repository:${missing}:pull`), missing)).toEqual([]);
  });

  it('grants the catalog to system admins only', async () => {
    const user = await newUser();
    expect(actionsIn(await tokenFor(platform.admin, 'registry:catalog:*'), 'catalog')).toEqual(['*']);
    expect(actionsIn(await tokenFor(user, 'registry:catalog:*'), 'catalog')).toEqual([]);
  });

  it('refuses a wrong password, nobody without a scope, another service, and POST', async () => {
    const user = await newUser();
    const scope = 'service=harbor-registry';
    expect((await ask(scope, { ...user, password: 'Wrong-passw0rd' })).status).toBe(401);
    expect((await ask(scope)).status).toBe(401);
    expect((await ask('service=other', user)).status).toBe(400);
    expect((await ask(scope, user, 'POST')).status).toBe(405);
  });
});

describe('forged tokens', () => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  interface Genuine {
    text: string;
    header: Record<string, unknown>;
    claims: Record<string, unknown>;
    signature: string;
  }
  let genuine: Genuine;

  beforeAll(async () => {
    const text = await tokenFor(platform.admin, `repository:${repository}:pull`);
    const [header = '', , signature = ''] = text.split('.');
    const claims = { ...claimsOf(text) };
    genuine = { text, claims, signature, header: JSON.parse(Buffer.from(header, 'base64url').toString()) as never };
  });

  const use = (token: string): Promise<Answer> => v2('GET', `${repository}/manifests/v1`, bearer(token));

  function signed(header: object, claims: object, key: KeyObject): string {
    const body = `${encode(header)}.${encode(claims)}`;
    return `${body}.${createSign('RSA-SHA256').update(body).sign(key, 'base64url')}`;
  }

  it('are what the others are measured against', async () => {
    expect((await use(genuine.text)).status).toBe(200);
  });

  it.each([
    ['signed with another key', {}],
    ['expired, signed with another key', { exp: 1_600_000_000, iat: 1_599_990_000, nbf: 1_599_990_000 }],
    ['for another audience, signed with another key', { aud: 'other-registry' }],
    ['of another issuer, signed with another key', { iss: 'somebody' }],
  ])('are refused: %s', async (_name, change) => {
    expectRefusal(await use(signed(genuine.header, { ...genuine.claims, ...change }, privateKey)));
  });

  it('are refused: with changed claims under the old signature', async () => {
    const access = [{ type: 'repository', name: repository, actions: ['pull', 'push', 'delete'] }];
    const claims = { ...genuine.claims, access, sub: 'somebody' };
    expectRefusal(await use(`${encode(genuine.header)}.${encode(claims)}.${genuine.signature}`));
  });

  it.each(['none', 'None', 'NONE'])('are refused: unsigned, with alg %s', async (alg) => {
    const body = `${encode({ ...genuine.header, alg })}.${encode(genuine.claims)}`;
    expectRefusal(await use(`${body}.`));
    expectRefusal(await use(body));
    expectRefusal(await use(`${body}.${genuine.signature}`));
  });

  it.each(['', 'nonsense', 'a.b.c', `${'x'.repeat(4_000)}.y.z`])('are refused: %p', async (token) => {
    expectRefusal(await use(token));
  });

  it('are refused: with a key of the token’s own', async () => {
    const { publicKey, privateKey: own } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = publicKey.export({ format: 'jwk' });
    expectRefusal(await use(signed({ ...genuine.header, jwk }, genuine.claims, own)));
    const { kid: _kid, ...withoutKid } = genuine.header;
    expectRefusal(await use(signed({ ...withoutKid, jwk }, genuine.claims, own)));
  });

  it('grant nothing in a repository that they do not name', async () => {
    const other = `${project.name}/other`;
    await pushArtifact(registryFor(platform.admin), other, image, 'v1');
    expectRefusal(await v2('GET', `${other}/manifests/v1`, bearer(genuine.text)), basicChallenge);
  });

  it('do not outlive their project', async () => {
    const old = await newProject('reborn');
    const token = await tokenFor(platform.admin, `repository:${old.name}/app:pull,push`);
    const open = (): Promise<Answer> => v2('POST', `${old.name}/app/blobs/uploads/`, bearer(token));
    (await asAdmin.delete(`/projects/${old.name}`)).expect(200);
    expectRefusal(await open());
    (await asAdmin.post('/projects', { project_name: old.name })).expect(201);
    expectRefusal(await open());
    const fresh = await tokenFor(platform.admin, `repository:${old.name}/app:pull,push`);
    expect((await v2('POST', `${old.name}/app/blobs/uploads/`, bearer(fresh))).status).toBe(202);
  });

  const { databaseUrl } = platform;
  describeUnless(databaseUrl === undefined ? 'no database is named' : undefined, 'made with the public key', () => {
    it('are refused: signed with it as an HMAC secret', async () => {
      const database = new pg.Client({ connectionString: databaseUrl });
      await database.connect();
      const { rows } = await database.query<{ kid: string; public_key: string }>(
        'SELECT kid, public_key FROM signing_key',
      );
      await database.end();
      expect(rows.length).toBeGreaterThan(0);
      for (const { kid, public_key: key } of rows) {
        for (const secret of [key, key.trim(), `${key.trim()}\n`]) {
          const body = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode(genuine.claims)}`;
          const signature = createHmac('sha256', secret).update(body).digest('base64url');
          expectRefusal(await use(`${body}.${signature}`));
        }
      }
    });
  });
});
