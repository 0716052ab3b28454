import {
  isDockerSchema1,
  isForeignLayer,
  isImageManifest,
  isIndex,
  MediaTypes,
  mediaTypeOfHeader,
} from './media-type.js';

describe('media type', () => {
  it.each([
    [MediaTypes.ociManifest, 'image'],
    [MediaTypes.dockerManifest, 'image'],
    [MediaTypes.ociIndex, 'index'],
    [MediaTypes.dockerManifestList, 'index'],
    [MediaTypes.ociConfig, 'neither'],
    ['application/vnd.docker.distribution.manifest.v1+json', 'schema 1'],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'schema 1'],
    ['application/json', 'neither'],
  ])('%s is %s', (mediaType, kind) => {
    expect(isImageManifest(mediaType)).toBe(kind === 'image');
    expect(isIndex(mediaType)).toBe(kind === 'index');
    expect(isDockerSchema1(mediaType)).toBe(kind === 'schema 1');
  });

  it.each([
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', true],
    [MediaTypes.ociLayerGzip, false],
    [MediaTypes.dockerLayerGzip, false],
  ])('%s is foreign: %s', (mediaType, foreign) => {
    expect(isForeignLayer(mediaType)).toBe(foreign);
  });

  it.each([
    ['application/json', 'application/json'],
    ['Application/JSON; charset=utf-8', 'application/json'],
    ['  application/json ;x=y;z', 'application/json'],
    ['', ''],
    [';', ''],
  ])('reads the header %j as %j', (header, mediaType) => {
    expect(mediaTypeOfHeader(header)).toBe(mediaType);
  });
});
