import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pullManifest } from '@haven/testing/oci';
import { newMember, newProject, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { registryFor, registryHost } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

await describeGoTool('oras', ({ folder, run, must, step }) => {
  let project: TestProject;
  let maintainer: TestUser;
  const plain = ['--plain-http', '--disable-path-validation'];
  const [model, report] = [join(folder, 'model.bin'), join(folder, 'report.txt')];
  const at = (name: string): string => `${registryHost}/${project.name}/${name}`;

  beforeAll(async () => {
    project = await newProject('oras');
    maintainer = await newMember(project, 'maintainer');
    await writeFile(model, 'weights');
    await writeFile(report, 'nothing to report');
  });

  step('is refused with a wrong password, and logs in with the right one', async () => {
    const args = ['login', '--plain-http', registryHost, '--username', maintainer.username, '--password'];
    const { code, output } = await run(...args, 'Wrong-passw0rd');
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized/i);
    await must(...args, maintainer.password);
  });

  step('pushes files of types of their own under several tags', async () => {
    const type = 'application/vnd.example.model';
    await must('push', ...plain, '--artifact-type', type, at('model:v1,v2,latest'), `${model}:application/x-weights`);
    expect(await must('repo', 'tags', '--plain-http', at('model'))).toBe(['latest', 'v1', 'v2'].join('\n'));
    const { bytes } = await pullManifest(registryFor(maintainer), `${project.name}/model`, 'v1');
    expect(JSON.parse(bytes.toString())).toMatchObject({
      artifactType: type,
      layers: [{ mediaType: 'application/x-weights', size: 7 }],
    });
  });

  step('attaches to what it pushed, and finds it', async () => {
    await must('attach', ...plain, '--artifact-type', 'application/vnd.example.report', at('model:v1'), report);
    await must('attach', ...plain, '--artifact-type', 'application/vnd.example.sbom', at('model:v1'), report);
    const discover = async (...filter: string[]): Promise<string[]> => {
      const text = await must('discover', '--plain-http', '--format', 'json', ...filter, at('model:v1'));
      return (JSON.parse(text) as { manifests: { artifactType: string }[] }).manifests.map((one) => one.artifactType);
    };
    expect((await discover()).toSorted()).toEqual(['application/vnd.example.report', 'application/vnd.example.sbom']);
    expect(await discover('--artifact-type', 'application/vnd.example.sbom')).toEqual(['application/vnd.example.sbom']);
  });

  step('pulls the bytes that it pushed', async () => {
    await rm(model);
    // What was pushed under a whole path goes back there.
    await must('pull', '--plain-http', '--allow-path-traversal', at('model:v1'));
    expect(await readFile(model, 'utf8')).toBe('weights');
  });

  step('copies with everything that is attached', async () => {
    const both = ['--from-plain-http', '--to-plain-http'];
    await must('cp', '--recursive', ...both, at('model:v1'), at('team/model:v1'));
    const text = await must('discover', '--plain-http', '--format', 'json', at('team/model:v1'));
    expect((JSON.parse(text) as { manifests: unknown[] }).manifests).toHaveLength(2);
  });

  step('deletes what it pushed', async () => {
    await must('manifest', 'delete', '--plain-http', '--force', at('model:v1'));
    const { code, output } = await run('manifest', 'fetch', '--plain-http', at('model:v1'));
    expect(code).not.toBe(0);
    expect(output).toMatch(/not found/i);
  });
});
