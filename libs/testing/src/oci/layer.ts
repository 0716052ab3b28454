import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { contentOf, deterministicBytes, sha256, type Content } from './content.js';
import { mediaTypes, type ImageFormat } from './media-type.js';

/** A layer and the digest of its uncompressed tar, which the config of the image names. */
export interface Layer extends Content {
  diffId: string;
}

export interface LayerOptions {
  /** Decides the bytes; also the name of the one file in the layer. */
  seed: string;
  /** Size of the one file in the layer. */
  fileBytes: number;
  gzip?: boolean;
  format?: ImageFormat;
}

/** A layer that unpacks anywhere: one folder, one file, no owner but root, no time but 1970. */
export async function makeLayer({ seed, fileBytes, gzip = true, format = 'oci' }: LayerOptions): Promise<Layer> {
  const archive = pack();
  const common = { mtime: new Date(0), uid: 0, gid: 0 };
  archive.entry({ ...common, name: 'haven/', type: 'directory', mode: 0o755 });
  archive.entry(
    { ...common, name: `haven/${seed.replace(/[^a-zA-Z0-9._-]/g, '_')}`, mode: 0o644 },
    deterministicBytes(seed, fileBytes),
  );
  archive.finalize();
  const tar = await buffer(archive);
  const { layer, layerGzip } = mediaTypes[format];
  const content = gzip ? contentOf(layerGzip, gzipSync(tar, { level: 1 })) : contentOf(layer, tar);
  return { ...content, diffId: sha256(tar) };
}
