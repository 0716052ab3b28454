import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  contentOf,
  deterministicBytes,
  makeImage,
  makeTwoPlatformIndex,
  pullBlob,
  pullManifest,
  pullWhole,
  writeOciLayout,
} from '@haven/testing/oci';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { registryFor, registryHost } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

await describeGoTool('regctl', ({ folder, run, must, step }) => {
  let project: TestProject;
  let maintainer: TestUser;
  const seed = uniqueName('regctl');
  const image = makeImage({ seed, layerBytes: [200_000, 3_000, 10] });
  const index = makeTwoPlatformIndex({ seed, layerBytes: [40_000] });
  const artifactType = 'application/vnd.example.report';
  const at = (name: string): string => `${registryHost}/${project.name}/${name}`;
  const held = (repository: string, reference: string): Promise<string> =>
    pullWhole(registryFor(maintainer), `${project.name}/${repository}`, reference);

  beforeAll(async () => {
    project = await newProject('regctl');
    maintainer = await newMember(project, 'maintainer');
    await writeOciLayout(join(folder, 'image'), await image, 'v1');
    await writeOciLayout(join(folder, 'index'), await index, 'v1');
    await writeFile(join(folder, 'report'), 'nothing to report');
    await must('registry', 'set', '--skip-check', '--tls', 'disabled', registryHost);
  });

  step('is refused with a wrong password, and logs in with the right one', async () => {
    const args = ['registry', 'login', registryHost, '--user', maintainer.username, '--pass'];
    const { code, output } = await run(...args, 'Wrong-passw0rd');
    expect(`${code} ${output}`).toMatch(/unauthorized|authentication/i);
    await must(...args, maintainer.password);
  });

  step('pushes an image and pulls it back', async () => {
    await must('image', 'copy', `ocidir://${join(folder, 'image')}:v1`, at('app:v1'));
    const { digest } = (await image).manifest;
    expect(await held('app', 'v1')).toBe(digest);
    expect(await must('image', 'digest', at('app:v1'))).toBe(digest);
    await must('image', 'copy', at('app:v1'), `ocidir://${join(folder, 'pulled')}:v1`);
    expect(await must('image', 'digest', `ocidir://${join(folder, 'pulled')}:v1`)).toBe(digest);
  });

  step('pushes an index, and copies it to another repository', async () => {
    await must('image', 'copy', `ocidir://${join(folder, 'index')}:v1`, at('multi:v1'));
    await must('image', 'copy', at('multi:v1'), at('team/multi:v1'));
    expect(await held('team/multi', 'v1')).toBe((await index).manifest.digest);
  });

  step('uploads a large blob in chunks', async () => {
    const blob = contentOf('application/octet-stream', deterministicBytes(uniqueName('blob'), 5_000_000));
    const file = join(folder, 'blob');
    await writeFile(file, blob.bytes);
    const limits = ['--blob-max', '100000', '--blob-chunk', '1000000'];
    await must('registry', 'set', '--skip-check', ...limits, registryHost);
    const layer = ['--file', file, '--file-media-type', blob.mediaType];
    await must('artifact', 'put', '--artifact-type', artifactType, ...layer, at('blob:v1'));
    expect((await pullBlob(registryFor(maintainer), `${project.name}/blob`, blob.digest)).equals(blob.bytes)).toBe(
      true,
    );
    await must('registry', 'set', '--skip-check', '--blob-max', '0', '--blob-chunk', '0', registryHost);
  });

  step('attaches an artifact, lists and reads it', async () => {
    const file = ['--file', join(folder, 'report'), '--file-media-type', 'text/plain'];
    await must('artifact', 'put', '--artifact-type', artifactType, '--subject', at('app:v1'), ...file);
    const filter = ['--filter-artifact-type', artifactType, '--format', '{{json .}}'];
    const listed = JSON.parse(await must('artifact', 'list', ...filter, at('app:v1'))) as {
      descriptors: { digest: string }[];
    };
    expect(listed.descriptors).toHaveLength(1);
    expect(await must('artifact', 'get', '--subject', at('app:v1'))).toBe('nothing to report');
    // No tag for registries without the referrers API.
    expect(await must('tag', 'ls', at('app'))).toBe('v1');
  });

  step('copies what is attached too', async () => {
    await must('image', 'copy', '--referrers', at('app:v1'), at('team/app:v1'));
    expect(await must('artifact', 'get', '--subject', at('team/app:v1'))).toBe('nothing to report');
  });

  step('deletes a tag, then the image', async () => {
    await must('image', 'copy', at('app:v1'), at('app:v2'));
    await must('tag', 'delete', at('app:v2'));
    expect(await must('tag', 'ls', at('app'))).toBe('v1');
    const { digest } = await pullManifest(registryFor(maintainer), `${project.name}/app`, 'v1');
    await must('manifest', 'delete', at(`app@${digest}`));
    expect((await run('manifest', 'head', at('app:v1'))).code).not.toBe(0);
  });
});
