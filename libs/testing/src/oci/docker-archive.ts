import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Image } from './image.js';
import type { Layer } from './layer.js';

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
const tarOf = ({ bytes }: Layer): Buffer => (isGzip(bytes) ? gunzipSync(bytes) : bytes);
const hexOf = (digest: string): string => digest.slice(digest.indexOf(':') + 1);

/** The archive that `docker load` and `podman load` read; after loading, `name` (with a tag) names the image. */
export async function dockerArchive(image: Image, name: string): Promise<Buffer> {
  const archive = pack();
  const config = `${hexOf(image.config.digest)}.json`;
  const layers = image.layers.map((layer) => ({ path: `${hexOf(layer.diffId)}/layer.tar`, tar: tarOf(layer) }));
  const manifest = [{ Config: config, RepoTags: [name], Layers: layers.map(({ path }) => path) }];
  archive.entry({ name: config, mtime: new Date(0) }, image.config.bytes);
  for (const { path, tar } of layers) archive.entry({ name: path, mtime: new Date(0) }, tar);
  archive.entry({ name: 'manifest.json', mtime: new Date(0) }, JSON.stringify(manifest));
  archive.finalize();
  return buffer(archive);
}
