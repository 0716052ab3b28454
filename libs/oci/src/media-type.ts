export const MediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const;

export type ImageManifestMediaType = typeof MediaTypes.ociManifest | typeof MediaTypes.dockerManifest;
export type IndexMediaType = typeof MediaTypes.ociIndex | typeof MediaTypes.dockerManifestList;

/** The four kinds of manifest that Haven stores. */
export type ManifestMediaType = ImageManifestMediaType | IndexMediaType;

export const isImageManifest = (mediaType: string): mediaType is ImageManifestMediaType =>
  mediaType === MediaTypes.ociManifest || mediaType === MediaTypes.dockerManifest;

export const isIndex = (mediaType: string): mediaType is IndexMediaType =>
  mediaType === MediaTypes.ociIndex || mediaType === MediaTypes.dockerManifestList;

/** Docker schema 1, signed or not: recognised so that it can be refused by name. */
export const isDockerSchema1 = (mediaType: string): boolean =>
  mediaType === 'application/vnd.docker.distribution.manifest.v1+json' ||
  mediaType === 'application/vnd.docker.distribution.manifest.v1+prettyjws';

/** Layers that clients fetch from the `urls` of their descriptor and need not upload. */
export const isForeignLayer = (mediaType: string): boolean =>
  mediaType === MediaTypes.dockerForeignLayerGzip ||
  mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.');

/** A `Content-Type` without its parameters, in lower case: `Application/JSON; charset=utf-8` is `application/json`. */
export function mediaTypeOfHeader(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}
