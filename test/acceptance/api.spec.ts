import { locationOf, makeImage, makeTwoPlatformIndex, pushArtifact, send, type Image } from '@haven/testing/oci';
import { ApiClient, asAdmin, asNobody, repositoryPath } from '../harness/api.client.ts';
import { eventually } from '../harness/eventually.ts';
import {
  addMember,
  newMember,
  newProject,
  newUser,
  roles,
  uniqueName,
  type TestProject,
  type TestUser,
} from '../harness/fixtures.ts';
import { platform, registryFor } from '../harness/platform.ts';

const timeoutMs = 60_000;
type Row = Record<string, unknown>;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const number = expect.any(Number) as number;

const rowsOf = async (api: ApiClient, path: string): Promise<Row[]> =>
  (await api.get(path)).expect(200).json() as Row[];
const rowOf = async (api: ApiClient, path: string): Promise<Row> => (await api.get(path)).expect(200).json() as Row;

describe('users', () => {
  it('are created once, with a strong password, by system admins', async () => {
    const user = await newUser();
    const { api, ...credentials } = user;
    const body = { ...credentials, email: 'else@example.com', realname: 'Else' };
    expect((await asAdmin.post('/users', body)).status).toBe(409);
    expect((await asAdmin.post('/users', { ...body, username: uniqueName('weak'), password: 'weak' })).status).toBe(
      400,
    );
    expect((await api.post('/users', { ...body, username: uniqueName('other') })).status).toBe(403);
  });

  it('see themselves, and nobody else', async () => {
    const user = await newUser();
    const other = await newUser();
    expect(await rowOf(user.api, '/users/current')).toMatchObject({
      user_id: user.id,
      username: user.username,
      email: `${user.username}@example.com`,
      sysadmin_flag: false,
      admin_role_in_auth: false,
      creation_time: time,
    });
    expect((await user.api.get(`/users/${user.id}`)).status).toBe(200);
    expect((await user.api.get(`/users/${other.id}`)).status).toBe(403);
    expect((await user.api.get('/users')).status).toBe(403);
    expect((await asNobody.get('/users/current')).status).toBe(401);
  });

  it('are listed for system admins, filtered and counted, and never with a password', async () => {
    const user = await newUser();
    const answer = (await asAdmin.get(`/users?q=username=${user.username}`)).expect(200);
    expect(answer.header('x-total-count')).toBe('1');
    expect(answer.json()).toEqual([expect.objectContaining({ user_id: user.id })]);
    expect(answer.text).not.toMatch(/password|scrypt|salt/);
  });

  it('are found by the beginning of their name', async () => {
    const user = await newUser('findable');
    const found = await rowsOf(user.api, `/users/search?username=${user.username}`);
    expect(found).toEqual([{ user_id: user.id, username: user.username }]);
  });

  it('change their profile and their own password', async () => {
    const user = await newUser();
    const profile = { email: `new-${user.username}@example.com`, realname: 'New name', comment: 'changed' };
    expect((await user.api.put(`/users/${user.id}`, profile)).status).toBe(200);
    expect(await rowOf(user.api, '/users/current')).toMatchObject(profile);
    const change = (old: string, fresh: string) =>
      user.api.put(`/users/${user.id}/password`, { old_password: old, new_password: fresh });
    expect((await change('Wrong-passw0rd', 'Another-passw0rd')).status).toBe(403);
    expect((await change(user.password, user.password)).status).toBe(400);
    expect((await change(user.password, 'weak')).status).toBe(400);
    expect((await change(user.password, 'Another-passw0rd')).status).toBe(200);
    const again = new ApiClient({ username: user.username, password: 'Another-passw0rd' });
    expect((await again.get('/users/current')).status).toBe(200);
    expect((await user.api.get('/users/current')).status).toBe(401);
  });

  it('become system admins, and are deleted, by a system admin', async () => {
    const user = await newUser();
    expect((await user.api.put(`/users/${user.id}/sysadmin`, { sysadmin_flag: true })).status).toBe(403);
    expect((await asAdmin.put(`/users/${user.id}/sysadmin`, { sysadmin_flag: true })).status).toBe(200);
    expect((await user.api.get('/users')).status).toBe(200);
    expect((await asAdmin.delete(`/users/${user.id}`)).status).toBe(200);
    expect((await asAdmin.get(`/users/${user.id}`)).status).toBe(404);
    expect((await user.api.get('/users/current')).status).toBe(401);
  });

  it('learn what they may do in a project', async () => {
    const project = await newProject();
    const user = await newMember(project, 'guest');
    const list = (await rowsOf(user.api, `/users/current/permissions?scope=/project/${project.id}&relative=true`)).map(
      ({ resource, action }) => `${String(resource)}:${String(action)}`,
    );
    expect(list).toEqual(expect.arrayContaining(['repository:pull', 'member:list']));
    expect(list).not.toContain('repository:push');
  });
});

describe('projects', () => {
  it('belong to whoever creates them', async () => {
    const user = await newUser();
    const name = uniqueName('own');
    const answer = (await user.api.post('/projects', { project_name: name })).expect(201);
    const id = Number(/\/api\/v2\.0\/projects\/(\d+)$/.exec(locationOf(answer))?.[1]);
    expect(await rowOf(user.api, `/projects/${name}`)).toMatchObject({
      project_id: id,
      name,
      owner_id: user.id,
      owner_name: user.username,
      current_user_role_id: roles.projectAdmin,
      current_user_role_ids: [roles.projectAdmin],
      repo_count: 0,
      metadata: { public: 'false' },
      creation_time: time,
    });
    expect(await rowOf(user.api, `/projects/${id}`)).toMatchObject({ name });
  });

  it('have a name that nobody else has, and a valid one', async () => {
    const { name } = await newProject();
    expect((await asAdmin.post('/projects', { project_name: name })).status).toBe(409);
    for (const bad of ['Upper', 'a b', '-a', 'a..b', '']) {
      expect([bad, (await asAdmin.post('/projects', { project_name: bad })).status]).toEqual([bad, 400]);
    }
    expect((await asAdmin.post('/projects', { project_name: 'x'.repeat(256) })).status).toBe(422);
    expect((await asNobody.post('/projects', { project_name: uniqueName('no') })).status).toBe(401);
  });

  it('give their name in the Location when asked', async () => {
    const name = uniqueName('named');
    const answer = await asAdmin.post('/projects', { project_name: name }, { 'x-resource-name-in-location': 'true' });
    expect(locationOf(answer.expect(201))).toBe(`/api/v2.0/projects/${name}`);
  });

  it('are told to be there or not', async () => {
    const { name } = await newProject();
    const user = await newUser();
    expect((await user.api.head(`/projects?project_name=${name}`)).status).toBe(200);
    expect((await user.api.head(`/projects?project_name=${uniqueName('none')}`)).status).toBe(404);
    expect((await asAdmin.get(`/projects/${uniqueName('none')}`)).status).toBe(404);
    expect((await user.api.get(`/projects/${uniqueName('none')}`)).status).toBe(403);
  });

  it('are listed page by page, to those who may see them', async () => {
    const prefix = uniqueName('page');
    const owner = await newUser();
    for (const n of [1, 2, 3]) (await owner.api.post('/projects', { project_name: `${prefix}-${n}` })).expect(201);
    const first = (await owner.api.get(`/projects?name=${prefix}&page_size=2&sort=name`)).expect(200);
    expect((first.json() as Row[]).map(({ name }) => name)).toEqual([`${prefix}-1`, `${prefix}-2`]);
    expect(first.header('x-total-count')).toBe('3');
    expect(first.header('link')).toMatch(/^<\/api\/v2\.0\/projects\?.*page=2.*>; rel="next"$/);
    const second = (await owner.api.get(`/projects?name=${prefix}&page_size=2&sort=name&page=2`)).expect(200);
    expect((second.json() as Row[]).map(({ name }) => name)).toEqual([`${prefix}-3`]);
    expect(second.header('link')).toMatch(/rel="prev"/);
    const stranger = await newUser();
    expect(await rowsOf(stranger.api, `/projects?name=${prefix}`)).toEqual([]);
    expect((await owner.api.get('/projects?page_size=101')).status).toBe(422);
  });

  it('become public and private again', async () => {
    const project = await newProject();
    expect((await asNobody.get(`/projects/${project.name}`)).status).toBe(401);
    (await asAdmin.put(`/projects/${project.name}`, { metadata: { public: 'true' } })).expect(200);
    expect((await asNobody.get(`/projects/${project.name}`)).status).toBe(200);
    expect(await rowsOf(asNobody, `/projects?name=${project.name}&public=true`)).toHaveLength(1);
    (await asAdmin.put(`/projects/${project.name}`, { metadata: { public: 'false' } })).expect(200);
    expect((await asNobody.get(`/projects/${project.name}`)).status).toBe(401);
  });

  it('are deleted only when they are empty', async () => {
    const project = await newProject();
    const repository = `${project.name}/app`;
    await pushArtifact(registryFor(platform.admin), repository, await makeImage({ seed: repository }), 'v1');
    expect(await rowOf(asAdmin, `/projects/${project.name}/_deletable`)).not.toMatchObject({ deletable: true });
    expect((await asAdmin.delete(`/projects/${project.name}`)).status).toBe(412);
    (await asAdmin.delete(repositoryPath(repository))).expect(200);
    expect(await rowOf(asAdmin, `/projects/${project.name}/_deletable`)).toMatchObject({ deletable: true });
    expect((await asAdmin.delete(`/projects/${project.name}`)).status).toBe(200);
    expect((await asAdmin.get(`/projects/${project.name}`)).status).toBe(404);
  });

  it('sum up what they hold', async () => {
    const project = await newProject();
    await newMember(project, 'developer');
    await newMember(project, 'guest');
    expect(await rowOf(asAdmin, `/projects/${project.name}/summary`)).toMatchObject({
      repo_count: 0,
      project_admin_count: 1,
      developer_count: 1,
      guest_count: 1,
      quota: { hard: { storage: -1 }, used: { storage: 0 } },
    });
  });
});

describe('members', () => {
  it('come, change their role, and go', async () => {
    const project = await newProject();
    const user = await newUser();
    const id = await addMember(project, user, 'guest');
    const path = `/projects/${project.name}/members/${id}`;
    const entry = {
      id,
      project_id: project.id,
      entity_id: user.id,
      entity_name: user.username,
      entity_type: 'u',
      role_id: roles.guest,
      role_name: 'guest',
    };
    expect(await rowOf(asAdmin, path)).toEqual(entry);
    expect(await rowsOf(asAdmin, `/projects/${project.name}/members?entityname=${user.username}`)).toEqual([entry]);
    expect((await asAdmin.put(path, { role_id: roles.maintainer })).status).toBe(200);
    expect(await rowOf(asAdmin, path)).toMatchObject({ role_id: roles.maintainer, role_name: 'maintainer' });
    expect((await asAdmin.delete(path)).status).toBe(200);
    expect((await asAdmin.get(path)).status).toBe(404);
  });

  it('are added once, with a role that there is', async () => {
    const project = await newProject();
    const user = await newMember(project, 'guest');
    const add = (body: unknown) => asAdmin.post(`/projects/${project.name}/members`, body);
    expect((await add({ role_id: 3, member_user: { user_id: user.id } })).status).toBe(409);
    expect((await add({ role_id: 9, member_user: { user_id: user.id } })).status).toBe(400);
    expect((await add({ role_id: 3 })).status).toBe(400);
    expect((await add({ role_id: 3, member_user: { username: uniqueName('nobody') } })).status).toBe(404);
  });
});

describe('content', () => {
  let project: TestProject;
  let developer: TestUser;
  let image: Image;
  let repository: string;

  beforeAll(async () => {
    project = await newProject('content');
    developer = await newMember(project, 'developer');
    repository = `${project.name}/team/app`;
    image = await makeImage({ seed: repository, layerBytes: [3_000, 1_000], labels: { team: 'blue' } });
    await pushArtifact(registryFor(developer), repository, image, 'v1');
  }, timeoutMs);

  it('is listed by repository', async () => {
    const expected = {
      name: repository,
      project_id: project.id,
      artifact_count: 1,
      pull_count: number,
      creation_time: time,
    };
    expect(await rowsOf(developer.api, `/projects/${project.name}/repositories?q=name=~team`)).toEqual([
      expect.objectContaining(expected),
    ]);
    expect(await rowsOf(developer.api, `/repositories?q=name=${repository}`)).toEqual([
      expect.objectContaining(expected),
    ]);
    expect(await rowOf(developer.api, repositoryPath(repository))).toMatchObject(expected);
    expect((await developer.api.get(`/projects/${project.name}/repositories/none`)).status).toBe(404);
    const stranger = await newUser();
    expect((await stranger.api.get(repositoryPath(repository))).status).toBe(403);
  });

  it('has a description', async () => {
    expect((await developer.api.put(repositoryPath(repository), { description: '# Read me' })).status).toBe(200);
    expect(await rowOf(developer.api, repositoryPath(repository))).toMatchObject({ description: '# Read me' });
  });

  it('is told artifact by artifact, by tag and by digest', async () => {
    const size = [image.manifest, ...image.blobs].reduce((sum, content) => sum + content.size, 0);
    const expected = {
      type: 'IMAGE',
      digest: image.manifest.digest,
      size,
      media_type: image.config.mediaType,
      manifest_media_type: image.manifest.mediaType,
      project_id: project.id,
      repository_name: repository,
      push_time: time,
      extra_attrs: expect.objectContaining({ architecture: 'amd64', os: 'linux', author: repository }) as unknown,
      tags: [expect.objectContaining({ name: 'v1', immutable: false })],
    };
    const path = `${repositoryPath(repository)}/artifacts`;
    expect(await rowsOf(developer.api, `${path}?q=digest=${image.manifest.digest}`)).toEqual([
      expect.objectContaining(expected),
    ]);
    expect(await rowOf(developer.api, `${path}/v1`)).toMatchObject(expected);
    expect(await rowOf(developer.api, `${path}/${image.manifest.digest}?with_tag=true`)).toMatchObject(expected);
    expect((await developer.api.get(`${path}/none`)).status).toBe(404);
  });

  it('tells what an index lists', async () => {
    const index = await makeTwoPlatformIndex({ seed: `${repository}-index` });
    const own = `${project.name}/index`;
    await pushArtifact(registryFor(developer), own, index, 'v1');
    const artifact = await rowOf(developer.api, `${repositoryPath(own)}/artifacts/v1`);
    expect(artifact).toMatchObject({
      digest: index.manifest.digest,
      references: index.children.map(({ manifest, platform: { os, architecture } }) => ({
        child_digest: manifest.digest,
        platform: { os, architecture },
      })),
    });
    const listed = await rowsOf(developer.api, `${repositoryPath(own)}/artifacts`);
    expect(listed.map(({ digest }) => digest)).toEqual([index.manifest.digest]);
    const [child] = index.children;
    expect((await asAdmin.delete(`${repositoryPath(own)}/artifacts/${child!.manifest.digest}`)).status).toBe(412);
  });

  it('takes and loses tags', async () => {
    const own = `${project.name}/tags`;
    const maintainer = await newMember(project, 'maintainer');
    await pushArtifact(registryFor(developer), own, await makeImage({ seed: own }), 'v1');
    const path = `${repositoryPath(own)}/artifacts/v1/tags`;
    expect((await developer.api.post(path, { name: 'stable' })).status).toBe(201);
    expect((await developer.api.post(path, { name: 'stable' })).status).toBe(409);
    expect((await developer.api.post(path, { name: 'no good' })).status).toBe(400);
    expect((await rowsOf(developer.api, `${path}?sort=name`)).map(({ name }) => name)).toEqual(['stable', 'v1']);
    expect((await developer.api.delete(`${path}/v1`)).status).toBe(403);
    expect((await maintainer.api.delete(`${path}/v1`)).status).toBe(200);
    expect(
      (await rowsOf(developer.api, `${repositoryPath(own)}/artifacts/stable/tags`)).map(({ name }) => name),
    ).toEqual(['stable']);
  });

  it('is deleted by those who may', async () => {
    const own = `${project.name}/doomed`;
    await pushArtifact(registryFor(developer), own, await makeImage({ seed: own }), 'v1');
    const path = `${repositoryPath(own)}/artifacts/v1`;
    const maintainer = await newMember(project, 'maintainer');
    expect((await developer.api.delete(path)).status).toBe(403);
    expect((await maintainer.api.delete(path)).status).toBe(200);
    expect((await developer.api.get(path)).status).toBe(404);
    expect((await registryFor(developer).request('GET', `/v2/${own}/manifests/v1`)).status).toBe(404);
  });

  it('is found by whoever may see it', async () => {
    const found = (await rowOf(developer.api, `/search?q=${project.name}`)) as { project: Row[]; repository: Row[] };
    expect(found.project).toEqual([expect.objectContaining({ name: project.name })]);
    expect(found.repository).toContainEqual(
      expect.objectContaining({ repository_name: repository, project_name: project.name, project_id: project.id }),
    );
    const hidden = await rowOf(asNobody, `/search?q=${project.name}`);
    expect(hidden).toEqual({ project: [], repository: [] });
  });

  it('is counted when it is pulled', async () => {
    const own = `${project.name}/pulled`;
    await pushArtifact(registryFor(developer), own, await makeImage({ seed: own }), 'v1');
    (await registryFor(developer).request('GET', `/v2/${own}/manifests/v1`)).expect(200);
    await eventually(
      'the pull is counted',
      async () => ((await rowOf(developer.api, repositoryPath(own)))['pull_count'] === 1 ? true : undefined),
      { timeoutMs: 30_000, everyMs: 500 },
    );
  });
});

describe('audit log', () => {
  it('tells who did what, to those who may read it', async () => {
    const project = await newProject('audited');
    const maintainer = await newMember(project, 'maintainer');
    const admin = await newMember(project, 'projectAdmin');
    const repository = `${project.name}/app`;
    const image = await makeImage({ seed: repository });
    await pushArtifact(registryFor(maintainer), repository, image, 'v1');
    (await maintainer.api.delete(`${repositoryPath(repository)}/artifacts/v1`)).expect(200);
    const path = `/projects/${project.name}/auditlog-exts`;
    const rows = await eventually('push and delete are in the log', async () => {
      const found = await rowsOf(admin.api, `${path}?q=resource_type=artifact`);
      return found.length >= 2 ? found : undefined;
    });
    for (const operation of ['create', 'delete']) {
      expect(rows).toContainEqual(
        expect.objectContaining({
          operation,
          resource_type: 'artifact',
          resource: expect.stringContaining(repository) as unknown,
          username: maintainer.username,
          operation_result: true,
          op_time: time,
        }),
      );
    }
    expect((await maintainer.api.get(path)).status).toBe(403);
    const everywhere = await rowsOf(asAdmin, `/auditlog-exts?q=username=${maintainer.username}`);
    expect(everywhere.length).toBeGreaterThanOrEqual(2);
    const stranger = await newUser();
    expect(await rowsOf(stranger.api, `/auditlog-exts?q=username=${maintainer.username}`)).toEqual([]);
  });
});

describe('the platform', () => {
  it('is healthy, and says so to anybody', async () => {
    const health = (await rowOf(asNobody, '/health')) as { status: string; components: Row[] };
    expect(health.status).toBe('healthy');
    const names = health.components.map(({ name }) => String(name));
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(['core', 'database', 'jobservice', 'redis', 'registry']));
    expect(health.components.every(({ status }) => status === 'healthy')).toBe(true);
  });

  it('answers a ping, and names the version of its API', async () => {
    expect((await asNobody.get('/ping')).text.toLowerCase()).toContain('pong');
    expect((await send('GET', `${platform.url}/api/version`)).json()).toEqual({ version: 'v2.0' });
  });

  it('says more about itself to whoever logs in', async () => {
    const open = await rowOf(asNobody, '/systeminfo');
    expect(open).toMatchObject({ auth_mode: 'db_auth', self_registration: false });
    expect(open).not.toHaveProperty('harbor_version');
    const user = await newUser();
    expect(await rowOf(user.api, '/systeminfo')).toMatchObject({
      harbor_version: expect.stringMatching(/^v?\d+\.\d+/) as string,
      registry_url: expect.any(String) as string,
      read_only: false,
      project_creation_restriction: 'everyone',
    });
  });

  it('counts what a user sees', async () => {
    const user = await newUser();
    (await user.api.post('/projects', { project_name: uniqueName('counted') })).expect(201);
    expect(await rowOf(user.api, '/statistics')).toMatchObject({
      private_project_count: 1,
      private_repo_count: 0,
      total_project_count: 0,
      total_storage_consumption: 0,
    });
    const all = await rowOf(asAdmin, '/statistics');
    expect(all['total_project_count']).toBeGreaterThanOrEqual(2);
    expect((await asNobody.get('/statistics')).status).toBe(401);
  });

  it('keeps what is internal behind its door', async () => {
    expect((await send('POST', `${platform.url}/service/notifications`, { body: '{}' })).status).toBe(404);
    expect((await send('GET', `${platform.url}/v1/_ping`)).status).toBe(404);
    expect((await send('GET', `${platform.url}/_blobs/sha256/ab/abc/data`)).status).toBe(404);
  });

  it('answers errors in Harbor’s form', async () => {
    const answers = [
      await asAdmin.get('/no/such/thing'),
      await send('POST', `${platform.url}/api/v2.0/projects`, {
        headers: { 'content-type': 'application/json' },
        body: '{',
      }),
      await asAdmin.get('/projects?q=%zz'),
      await asAdmin.get('/users/nonsense'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect([answer.summary, answer.errorCodes.length]).toEqual([answer.summary, 1]);
    }
  });
});
