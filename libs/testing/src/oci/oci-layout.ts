import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentOf, descriptorOf, type Content, type Descriptor } from './content.js';
import type { Artifact } from './image.js';

/** Every content of an artifact, what it lists included. */
export function contentsOf(artifact: Artifact): Content[] {
  return [...artifact.children.flatMap(contentsOf), ...artifact.blobs, artifact.manifest];
}

const blobPath = (folder: string, digest: string): string => join(folder, 'blobs', ...digest.split(':'));

/** Writes an OCI image layout (image-spec "Image Layout") with one artifact in it, so that `oci:folder:name` names it. */
export async function writeOciLayout(folder: string, artifact: Artifact, name: string): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  await Promise.all(contentsOf(artifact).map(({ digest, bytes }) => writeFile(blobPath(folder, digest), bytes)));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const entry = { ...descriptorOf(artifact.manifest), annotations: { 'org.opencontainers.image.ref.name': name } };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
}

/** What the one entry of a layout's index.json names, with its bytes. */
export async function readOciLayout(folder: string): Promise<Content> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const [entry, ...more] = index.manifests;
  if (entry === undefined || more.length > 0) throw new Error(`${folder}: expected one entry in index.json`);
  return contentOf(entry.mediaType, await readFile(blobPath(folder, entry.digest)));
}
