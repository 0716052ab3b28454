import { parseDigest } from '@haven/oci';
import { blobDataPath } from '@haven/storage';
import { acceleratedPath } from './blob-delivery.js';

describe('acceleratedPath', () => {
  it.each([`sha256:${'ab'.repeat(32)}`, `sha512:${'cd'.repeat(64)}`])('leads to where the store keeps %s', (text) => {
    const digest = parseDigest(text);
    expect(acceleratedPath(digest)).toBe(blobDataPath(digest).replace('docker/registry/v2/blobs', '/_blobs'));
  });
});
