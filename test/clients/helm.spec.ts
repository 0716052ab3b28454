import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pullManifest } from '@haven/testing/oci';
import { repositoryPath } from '../harness/api.client.ts';
import { newMember, newProject, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { registryFor, registryHost } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

await describeGoTool('helm', ({ folder, run, must, step }) => {
  let project: TestProject;
  let developer: TestUser;
  const chart = join(folder, 'tiny');
  const archive = join(folder, 'tiny-1.2.3+build.4.tgz');
  const charts = (): string => `oci://${registryHost}/${project.name}/charts`;

  beforeAll(async () => {
    project = await newProject('helm');
    developer = await newMember(project, 'developer');
    await mkdir(join(chart, 'templates'), { recursive: true });
    const about = ['apiVersion: v2', 'name: tiny', 'description: A chart of one object', 'version: 1.2.3+build.4'];
    await writeFile(join(chart, 'Chart.yaml'), about.join('\n'));
    await writeFile(join(chart, 'values.yaml'), 'objects: 1\n');
    const object = ['apiVersion: v1', 'kind: ConfigMap', 'metadata:', '  name: {{ .Release.Name }}'];
    await writeFile(join(chart, 'templates/object.yaml'), object.join('\n'));
    await must('package', chart, '--destination', folder);
  });

  step('is refused with a wrong password, and logs in with the right one', async () => {
    const args = ['registry', 'login', '--plain-http', registryHost, '--username', developer.username, '--password'];
    const { code, output } = await run(...args, 'Wrong-passw0rd');
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized/i);
    await must(...args, developer.password);
  });

  step('pushes a chart', async () => {
    await must('push', '--plain-http', archive, charts());
    // A plus sign cannot stand in a tag.
    const { bytes } = await pullManifest(registryFor(developer), `${project.name}/charts/tiny`, '1.2.3_build.4');
    expect(JSON.parse(bytes.toString())).toMatchObject({
      config: { mediaType: 'application/vnd.cncf.helm.config.v1+json' },
    });
  });

  step('shows in the API what the chart says of itself', async () => {
    const path = `${repositoryPath(`${project.name}/charts/tiny`)}/artifacts/1.2.3_build.4`;
    expect((await developer.api.get(path)).expect(200).json()).toMatchObject({
      type: 'CHART',
      extra_attrs: { name: 'tiny', version: '1.2.3+build.4', description: 'A chart of one object' },
    });
    expect((await developer.api.get(`${path}/additions/values.yaml`)).expect(200).text).toBe('objects: 1\n');
  });

  step('pulls it back byte for byte', async () => {
    const out = join(folder, 'out');
    await mkdir(out);
    await must('pull', '--plain-http', `${charts()}/tiny`, '--version', '1.2.3+build.4', '--destination', out);
    expect(await readFile(join(out, 'tiny-1.2.3+build.4.tgz'))).toEqual(await readFile(archive));
  });

  step('finds a version by a range, and reads the chart', async () => {
    const text = await must('show', 'chart', '--plain-http', `${charts()}/tiny`, '--version', '^1.2.0');
    expect(text).toContain('A chart of one object');
    expect(await must('template', 'mine', '--plain-http', `${charts()}/tiny`)).toContain('name: mine');
  });

  step('pulls nothing after logging out', async () => {
    await must('registry', 'logout', registryHost);
    const { code, output } = await run('show', 'chart', '--plain-http', `${charts()}/tiny`, '--version', '1.2.3');
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized|denied/i);
  });
});
