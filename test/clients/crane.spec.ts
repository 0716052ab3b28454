import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  makeImage,
  makeLayer,
  makeTwoPlatformIndex,
  pullWhole,
  readOciLayout,
  writeOciLayout,
} from '@haven/testing/oci';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { platform, registryFor, registryHost } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

await describeGoTool('crane', ({ folder, run, must, step }) => {
  let project: TestProject;
  let maintainer: TestUser;
  const seed = uniqueName('crane');
  const image = makeImage({ seed, layerBytes: [200_000, 3_000, 10] });
  const index = makeTwoPlatformIndex({ seed, layerBytes: [40_000] });
  const at = (name: string): string => `${registryHost}/${project.name}/${name}`;
  const held = (repository: string, reference: string): Promise<string> =>
    pullWhole(registryFor(maintainer), `${project.name}/${repository}`, reference);

  const logIn = (user: { username: string; password: string }): Promise<string> =>
    must('auth', 'login', registryHost, '--username', user.username, '--password', user.password);

  beforeAll(async () => {
    project = await newProject('crane');
    maintainer = await newMember(project, 'maintainer');
    await writeOciLayout(join(folder, 'image'), await image, 'image');
    await writeOciLayout(join(folder, 'index'), await index, 'index');
  });

  step('is refused with a wrong password', async () => {
    await logIn({ ...maintainer, password: 'Wrong-passw0rd' });
    const { code, output } = await run('push', join(folder, 'image'), at('app:v1'));
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized/i);
    await logIn(maintainer);
  });

  step('pushes an image and pulls it back', async () => {
    const { digest } = (await image).manifest;
    expect(await must('push', join(folder, 'image'), at('app:v1'))).toBe(at(`app@${digest}`));
    expect(await held('app', 'v1')).toBe(digest);
    expect(await must('digest', at('app:v1'))).toBe(digest);
    await must('validate', '--remote', at('app:v1'));
    await must('pull', '--format=oci', at('app:v1'), join(folder, 'pulled'));
    expect((await readOciLayout(join(folder, 'pulled'))).digest).toBe(digest);
  });

  step('pushes an index', async () => {
    await must('push', join(folder, 'index'), at('multi:v1'));
    const { children } = await index;
    for (const { platform: wanted, config } of children) {
      const text = await must('config', '--platform', `linux/${wanted.architecture}`, at('multi:v1'));
      expect(text).toBe(config.bytes.toString());
    }
  });

  step('tags, and lists tags in order', async () => {
    for (const tag of ['v3', 'v2', 'latest']) await must('tag', at('app:v1'), tag);
    expect(await must('ls', at('app'))).toBe(['latest', 'v1', 'v2', 'v3'].join('\n'));
  });

  step('copies to another repository by mounting', async () => {
    const { output } = await run('copy', '--verbose', at('app:v1'), at('team/copy:v1'));
    expect(await held('team/copy', 'v1')).toBe((await image).manifest.digest);
    expect(output).toContain('mounted blob');
    await must('copy', at('multi:v1'), at('team/multi:v1'));
    expect(await held('team/multi', 'v1')).toBe((await index).manifest.digest);
  });

  step('appends a layer', async () => {
    const layer = await makeLayer({ seed: uniqueName('layer'), fileBytes: 5_000, gzip: false });
    await writeFile(join(folder, 'layer.tar'), layer.bytes);
    const named = await must('append', '-b', at('app:v1'), '-f', join(folder, 'layer.tar'), '-t', at('app:more'));
    expect(await held('app', 'more')).toBe(named.slice(named.indexOf('@') + 1));
    const { layers } = JSON.parse(await must('manifest', at('app:more'))) as { layers: unknown[] };
    expect(layers).toHaveLength(4);
  });

  step('deletes a tag and leaves the others', async () => {
    await must('delete', at('app:v3'));
    expect(await must('ls', at('app'))).toBe(['latest', 'more', 'v1', 'v2'].join('\n'));
    expect(await held('app', 'v1')).toBe((await image).manifest.digest);
  });

  step('deletes an image', async () => {
    await must('delete', at(`app@${(await image).manifest.digest}`));
    expect(await must('ls', at('app'))).toBe('more');
    expect((await run('manifest', at('app:v1'))).output).toContain('MANIFEST_UNKNOWN');
  });

  step('reads the catalog as an administrator', async () => {
    await logIn(platform.admin);
    const repositories = (await must('catalog', registryHost)).split('\n');
    expect(repositories).toEqual(
      expect.arrayContaining(['app', 'multi', 'team/copy'].map((name) => `${project.name}/${name}`)),
    );
  });
});
