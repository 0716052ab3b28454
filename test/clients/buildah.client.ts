import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../harness/command.ts';
import { Unavailable, type Pulled, type Pushed } from './container-client.ts';
import { PodmanClient } from './podman.client.ts';

/** Buildah on a store of the test's own. */
export async function startBuildah(folder: string): Promise<BuildahClient> {
  const program = findProgram('buildah');
  if (program === undefined) throw new Unavailable('buildah is not installed');
  const client = new BuildahClient(program, folder);
  await writeFile(client.authFile, '{}');
  const { code, output } = await client.podman(['info']);
  if (code !== 0) throw new Unavailable(`buildah does not run here: ${output.trim()}`);
  return client;
}

/** Takes podman's words, except where it has others. */
export class BuildahClient extends PodmanClient {
  override async inspect(reference: string): Promise<Pulled> {
    const format = '{{.FromImageID}} {{.FromImageDigest}}';
    const text = await this.mustPodman(['inspect', '--type', 'image', '--format', format, reference]);
    const [id = '', digest = ''] = text.trim().split(' ');
    return { configDigest: `sha256:${id}`, digest };
  }

  /** Builds an image of one file on top of nothing, and pushes it. */
  async buildAndPush(file: string, reference: string): Promise<Pushed> {
    const container = (await this.mustPodman(['from', 'scratch'])).trim();
    await this.mustPodman(['copy', container, file, '/file']);
    await this.mustPodman(['commit', '--rm', container, reference]);
    return this.pushAgain(reference, reference);
  }

  protected override async load(archive: Buffer): Promise<void> {
    const file = join(this.folder, 'archive.tar');
    await writeFile(file, archive);
    await this.mustPodman(['pull', `docker-archive:${file}`]);
  }
}
