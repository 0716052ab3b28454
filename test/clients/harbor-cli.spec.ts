import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeImage, pushArtifact } from '@haven/testing/oci';
import { newProject, newUser, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { platform, registryFor } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

/** Harbor's own command line, goharbor/harbor-cli: what it asks for, and what it makes of our answers. */
await describeGoTool('harbor', ({ folder, run, must, step }) => {
  const seed = uniqueName('cli');
  const image = makeImage({ seed, layerBytes: [20_000] });
  let project: TestProject;
  let user: TestUser;

  const told = async <T>(...args: string[]): Promise<T> => JSON.parse(await must(...args, '-o', 'json')) as T;
  /** Some of its answers come in an envelope. */
  const payload = async <T>(...args: string[]): Promise<T> => (await told<{ Payload: T }>(...args)).Payload;

  beforeAll(async () => {
    project = await newProject('cli');
    user = await newUser('cli-user');
    await pushArtifact(registryFor(platform.admin), `${project.name}/app`, await image, 'v1');
  });

  step('logs in, and not with a wrong password', async () => {
    const { username, password } = platform.admin;
    const wrong = await run('login', platform.url, '-u', username, '-p', `${password}-not`);
    expect(wrong.code).not.toBe(0);
    expect(await must('login', platform.url, '-u', username, '-p', password)).toContain('Login successful');
  });

  step('sees how the platform is', async () => {
    expect(await payload<object>('health')).toMatchObject({ status: 'healthy' });
    expect(await told<object>('info')).toMatchObject({ system_info: { auth_mode: 'db_auth' } });
  });

  step('makes, shows, changes and deletes a project', async () => {
    const name = uniqueName('cli-made');
    await must('project', 'create', name, '--public', '--storage-limit', '1073741824');
    expect(await payload<object>('project', 'view', name)).toMatchObject({ name, metadata: { public: 'true' } });
    expect(await told<object>('quota', 'view', '--project-name', name)).toMatchObject({ hard: { storage: 2 ** 30 } });
    await must('quota', 'update', '--project-name', name, '--storage', '2GiB');
    expect(await told<object>('quota', 'view', '--project-name', name)).toMatchObject({ hard: { storage: 2 ** 31 } });
    await must('project', 'config', 'update', name, '--public', 'false');
    expect(await told<object>('project', 'config', 'list', name)).toMatchObject({ public: 'false' });
    expect(await told<unknown[]>('project', 'logs', name)).not.toHaveLength(0);
    await must('project', 'delete', name);
    expect((await run('project', 'view', name, '-o', 'json')).code).not.toBe(0);
  });

  step('makes and finds a user', async () => {
    const name = uniqueName('cli-made');
    const email = `${name}@example.com`;
    await must(
      'user',
      'create',
      '--username',
      name,
      '--email',
      email,
      '--realname',
      name,
      '--password',
      'Cli-Passw0rd',
    );
    const users = await told<{ username: string }[]>('user', 'list', '--page-size', '100');
    expect(users.map(({ username }) => username)).toContain(name);
  });

  step('makes somebody a member', async () => {
    // It counts roles from nought.
    await must('project', 'member', 'create', project.name, '--username', user.username, '--roleid', '1');
    const members = await payload<{ entity_name: string; role_name: string }[]>(
      'project',
      'member',
      'list',
      project.name,
    );
    expect(members).toContainEqual(expect.objectContaining({ entity_name: user.username, role_name: 'developer' }));
  });

  step('makes a robot that can log in, shows it and deletes it', async () => {
    const name = uniqueName('cli');
    const access = [{ resource: 'repository', actions: ['pull', 'push'] }];
    const permissions = [{ kind: 'project', namespace: project.name, access }];
    const file = join(folder, 'robot.json');
    await writeFile(file, JSON.stringify({ name, duration: 30, level: 'system', description: 'made', permissions }));
    await must('robot', 'create', '-r', file, '-o', 'json');
    const robots = await payload<{ id: number; name: string }[]>('robot', 'list', '--page-size', '100');
    expect(robots.map((robot) => robot.name)).toContain(`robot$${name}`);
    const made = robots.find((robot) => robot.name === `robot$${name}`);
    expect(made).toMatchObject({ duration: 30, description: 'made' });
    await must('robot', 'delete', `robot$${name}`);
    const left = await payload<{ name: string }[]>('robot', 'list', '--page-size', '100');
    expect(left.map((robot) => robot.name)).not.toContain(`robot$${name}`);
  });

  step('makes a label and puts it on an artifact', async () => {
    const name = uniqueName('cli');
    await must('label', 'create', '-n', name, '--color', '#00FF00', '-d', 'made');
    const labels = await payload<{ name: string }[]>('label', 'list', '--page-size', '100');
    expect(labels.map((label) => label.name)).toContain(name);
    await must('artifact', 'label', 'add', `${project.name}/app:v1`, name);
    const shown = await must('artifact', 'label', 'list', `${project.name}/app:v1`, '-o', 'json');
    expect(shown).toContain(name);
    await must('artifact', 'label', 'delete', `${project.name}/app:v1`, name);
  });

  step('shows repositories and artifacts, and tags them', async () => {
    const repositories = await payload<{ name: string }[]>('repo', 'list', project.name);
    expect(repositories.map(({ name }) => name)).toEqual([`${project.name}/app`]);
    const { digest } = (await image).manifest;
    expect(await payload<object>('artifact', 'view', `${project.name}/app:v1`)).toMatchObject({ digest });
    await must('artifact', 'tags', 'create', `${project.name}/app:v1`, 'stable');
    const tags = await payload<{ name: string }[]>('artifact', 'tags', 'list', `${project.name}/app:v1`);
    expect(tags.map(({ name }) => name).sort()).toEqual(['stable', 'v1']);
  });

  step('reads the configuration and applies it from a file', async () => {
    const seen = await told<Record<string, unknown>>('config', 'view');
    expect(seen).toMatchObject({ auth_mode: 'db_auth' });
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify({ banner_message: seed }));
    await must('config', 'apply', '-y', '-f', file);
    expect(await told<object>('config', 'view')).toMatchObject({ banner_message: seed });
    await writeFile(
      file,
      JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), banner_message: '' }),
    );
    await must('config', 'apply', '-y', '-f', file);
  });

  step('deletes an artifact and a repository', async () => {
    await must('artifact', 'delete', `${project.name}/app:v1`);
    expect((await run('artifact', 'view', `${project.name}/app:v1`, '-o', 'json')).code).not.toBe(0);
  });
});
