import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { contentOf, descriptorOf, jsonContent } from './content.js';
import type { Artifact } from './image.js';
import { mediaTypes } from './media-type.js';

export interface ChartOptions {
  name: string;
  version: string;
  /** Texts by their paths in the folder of the chart; `Chart.yaml` is made when it is not among them. */
  files?: Readonly<Record<string, string>>;
}

/** A Helm chart as `helm push` makes it of a packed one. */
export async function makeChart({ name, version, files = {} }: ChartOptions): Promise<Artifact> {
  const about = { apiVersion: 'v2', name, version, description: `The chart ${name}` };
  const described = Object.entries(about).map(([key, value]) => `${key}: ${value}\n`);
  const archive = pack();
  for (const [path, text] of Object.entries({ 'Chart.yaml': described.join(''), ...files })) {
    archive.entry({ name: `${name}/${path}`, mtime: new Date(0) }, text);
  }
  archive.finalize();
  const { helmConfig, helmChart } = mediaTypes.oci;
  const config = jsonContent(helmConfig, about);
  const layer = contentOf(helmChart, gzipSync(await buffer(archive)));
  const manifest = jsonContent(mediaTypes.oci.manifest, {
    schemaVersion: 2,
    config: descriptorOf(config),
    layers: [descriptorOf(layer)],
    annotations: { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': version },
  });
  return { manifest, blobs: [config, layer], children: [] };
}
