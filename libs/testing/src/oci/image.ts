import { contentOf, descriptorOf, jsonContent, type Content } from './content.js';
import { makeLayer, type Layer } from './layer.js';
import { mediaTypes, type ImageFormat } from './media-type.js';

/** Anything that a registry holds under one digest: its manifest, its blobs, and for an index what it lists. */
export interface Artifact {
  manifest: Content;
  blobs: readonly Content[];
  children: readonly Artifact[];
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

export interface Image extends Artifact {
  platform: Platform;
  config: Content;
  layers: readonly Layer[];
}

export interface Index extends Artifact {
  children: readonly Image[];
}

export interface ImageOptions {
  /** Decides every byte of the image. */
  seed: string;
  /** Size of the file in each layer. */
  layerBytes?: readonly number[];
  /** Ready-made layers that come below those of `layerBytes`. */
  baseLayers?: readonly Layer[];
  format?: ImageFormat;
  gzip?: boolean;
  platform?: Platform;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

const linuxAmd64: Platform = { os: 'linux', architecture: 'amd64' };

/** A whole image that container engines load and pull; it holds data only, nothing to run. */
export async function makeImage(options: ImageOptions): Promise<Image> {
  const { seed, layerBytes = [1024], baseLayers = [], format = 'oci', gzip = true, platform = linuxAmd64 } = options;
  const ownLayers = await Promise.all(
    layerBytes.map((fileBytes, position) => makeLayer({ seed: `${seed}-${position}`, fileBytes, gzip, format })),
  );
  const layers = [...baseLayers, ...ownLayers];
  const types = mediaTypes[format];
  const config = jsonContent(types.config, {
    ...platform,
    created: '2020-01-01T00:00:00Z',
    author: seed,
    config: { Cmd: ['/haven'], ...(options.labels && { Labels: options.labels }) },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(({ size }) => ({ created: '2020-01-01T00:00:00Z', created_by: `COPY ${size} bytes` })),
  });
  const manifest = jsonContent(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    ...(options.annotations && { annotations: options.annotations }),
  });
  return { manifest, config, layers, platform, blobs: [config, ...layers], children: [] };
}

/** An OCI index, or a Docker manifest list, over the given images. */
export function makeIndex(images: readonly Image[], format: ImageFormat = 'oci'): Index {
  const type = mediaTypes[format].index;
  const manifest = jsonContent(type, {
    schemaVersion: 2,
    mediaType: type,
    manifests: images.map((image) => ({ ...descriptorOf(image.manifest), platform: image.platform })),
  });
  return { manifest, blobs: [], children: images };
}

/** One index over the same image for linux/amd64 and linux/arm64. */
export async function makeTwoPlatformIndex(options: Omit<ImageOptions, 'platform'>): Promise<Index> {
  const { format = 'oci' } = options;
  const images = await Promise.all(
    ['amd64', 'arm64'].map((architecture) =>
      makeImage({ ...options, seed: `${options.seed}-${architecture}`, platform: { os: 'linux', architecture } }),
    ),
  );
  return makeIndex(images, format);
}

export interface ReferrerOptions {
  /** The manifest that this one is about. */
  subject: Content;
  artifactType: string;
  /** The one blob of the artifact. */
  payload: Buffer;
  annotations?: Readonly<Record<string, string>>;
}

/** An artifact with a `subject`, as signers and SBOM tools push them (image-spec "Guidelines for Artifact Usage"). */
export function makeReferrer({ subject, artifactType, payload, annotations }: ReferrerOptions): Artifact {
  const config = contentOf(mediaTypes.oci.empty, Buffer.from('{}'));
  const blob = contentOf('application/octet-stream', payload);
  const manifest = jsonContent(mediaTypes.oci.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    artifactType,
    config: descriptorOf(config),
    layers: [descriptorOf(blob)],
    subject: descriptorOf(subject),
    ...(annotations && { annotations }),
  });
  return { manifest, blobs: [config, blob], children: [] };
}
