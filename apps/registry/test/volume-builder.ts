import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Artifact } from '@haven/testing/oci';

const filed = (digest: string): string => `${digest.replace(':', '/')}/link`;

/** Writes volumes as a stock registry would, and as it would not. */
export class VolumeBuilder {
  constructor(readonly root: string) {}

  /** @param path below docker/registry/v2 */
  async write(path: string, content: string | Buffer): Promise<void> {
    const place = this.at(path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
  }

  at(path: string): string {
    return join(this.root, 'docker/registry/v2', path);
  }

  static data(digest: string): string {
    const [algorithm, hex = ''] = digest.split(':');
    return `blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
  }

  static layer(repository: string, digest: string): string {
    return `repositories/${repository}/_layers/${filed(digest)}`;
  }

  static revision(repository: string, digest: string): string {
    return `repositories/${repository}/_manifests/revisions/${filed(digest)}`;
  }

  static tag(repository: string, tag: string): string {
    return `repositories/${repository}/_manifests/tags/${tag}/current/link`;
  }

  async add(repository: string, artifact: Artifact, ...tags: string[]): Promise<void> {
    for (const child of artifact.children) await this.add(repository, child);
    for (const blob of artifact.blobs) {
      await this.write(VolumeBuilder.data(blob.digest), blob.bytes);
      await this.write(VolumeBuilder.layer(repository, blob.digest), blob.digest);
    }
    const { digest, bytes } = artifact.manifest;
    await this.write(VolumeBuilder.data(digest), bytes);
    await this.write(VolumeBuilder.revision(repository, digest), digest);
    for (const tag of tags) await this.write(VolumeBuilder.tag(repository, tag), digest);
  }
}
