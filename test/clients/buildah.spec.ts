import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pullBlob, pullManifest } from '@haven/testing/oci';
import { newMember, newProject } from '../harness/fixtures.ts';
import { registryFor, registryHost } from '../harness/platform.ts';
import { startBuildah, type BuildahClient } from './buildah.client.ts';
import { clientScenario } from './scenario.ts';

await clientScenario('buildah', startBuildah, (client: BuildahClient, folder) => {
  it('pushes what it built from scratch', async () => {
    const project = await newProject('built');
    const developer = await newMember(project, 'developer');
    const file = join(folder, 'file');
    await writeFile(file, 'built here');
    await client.logIn(registryHost, developer);
    const { digest } = await client.buildAndPush(file, `${registryHost}/${project.name}/app:v1`);
    const registry = registryFor(developer);
    const manifest = await pullManifest(registry, `${project.name}/app`, 'v1');
    expect(manifest.digest).toBe(digest);
    const { layers } = JSON.parse(manifest.bytes.toString()) as { layers: { digest: string }[] };
    expect(layers).toHaveLength(1);
    await pullBlob(registry, `${project.name}/app`, layers[0]!.digest);
  }, 90_000);
});
