import { digestOf } from './digest.js';
import { MediaTypes } from './media-type.js';
import { referrersIndex } from './referrers.js';

const digest = digestOf(Buffer.from('x'));

describe('referrersIndex', () => {
  it('is an empty index without referrers', () => {
    expect(referrersIndex([])).toEqual({ schemaVersion: 2, mediaType: MediaTypes.ociIndex, manifests: [] });
  });

  it('lists referrers in order and leaves out what they do not have', () => {
    const { manifests } = referrersIndex([
      {
        mediaType: MediaTypes.ociManifest,
        digest,
        size: 7,
        artifactType: 'application/spdx+json',
        annotations: { a: 'b' },
      },
      { mediaType: MediaTypes.ociIndex, digest, size: 8, artifactType: '', annotations: null },
      { mediaType: MediaTypes.ociManifest, digest, size: 9, artifactType: 'x/y', annotations: {} },
    ]);
    expect(manifests).toStrictEqual([
      {
        mediaType: MediaTypes.ociManifest,
        digest,
        size: 7,
        artifactType: 'application/spdx+json',
        annotations: { a: 'b' },
      },
      { mediaType: MediaTypes.ociIndex, digest, size: 8 },
      { mediaType: MediaTypes.ociManifest, digest, size: 9, artifactType: 'x/y' },
    ]);
  });
});
