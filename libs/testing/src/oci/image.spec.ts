import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { parseBearerChallenge } from './challenge.js';
import { sha256 } from './content.js';
import { dockerArchive } from './docker-archive.js';
import { makeImage, makeReferrer, makeTwoPlatformIndex, type Image } from './image.js';
import { makeLayer } from './layer.js';
import { mediaTypes } from './media-type.js';

async function filesOf(tar: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const archive = extract();
  archive.end(tar);
  for await (const entry of archive) files.set(entry.header.name, await buffer(entry));
  return files;
}

const configOf = ({ config }: Image): { architecture: string; rootfs: { diff_ids: string[] } } =>
  JSON.parse(config.bytes.toString()) as never;

describe('makeLayer', () => {
  it.each([true, false])('names its tar by diffId: gzip %s', async (gzip) => {
    const layer = await makeLayer({ seed: 'a', fileBytes: 2_000, gzip });
    const tar = gzip ? gunzipSync(layer.bytes) : layer.bytes;
    expect(layer.diffId).toBe(sha256(tar));
    expect(layer.digest).toBe(sha256(layer.bytes));
    expect((await filesOf(tar)).get('haven/a')).toHaveLength(2_000);
  });
});

describe('makeImage', () => {
  it('makes the same bytes of the same seed, and others of another', async () => {
    const digestOf = async (seed: string): Promise<string> =>
      (await makeImage({ seed, layerBytes: [10, 20] })).manifest.digest;
    expect(await digestOf('a')).toBe(await digestOf('a'));
    expect(await digestOf('a')).not.toBe(await digestOf('b'));
  });

  it.each(['oci', 'docker'] as const)('describes what it is made of: %s', async (format) => {
    const image = await makeImage({ seed: 'a', layerBytes: [10, 20, 30], format });
    const types = mediaTypes[format];
    const manifest = JSON.parse(image.manifest.bytes.toString()) as Record<string, unknown>;
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest: image.config.digest, size: image.config.size },
      layers: image.layers.map(({ digest, size }) => ({ mediaType: types.layerGzip, digest, size })),
    });
    expect(configOf(image).rootfs.diff_ids).toEqual(image.layers.map(({ diffId }) => diffId));
  });

  it('takes layers that others have too', async () => {
    const shared = await makeLayer({ seed: 'shared', fileBytes: 10 });
    const image = await makeImage({ seed: 'a', baseLayers: [shared], layerBytes: [5] });
    expect(image.layers).toHaveLength(2);
    expect(image.layers[0]).toBe(shared);
  });
});

describe('makeTwoPlatformIndex', () => {
  it('lists an image for each', async () => {
    const index = await makeTwoPlatformIndex({ seed: 'a' });
    const { manifests } = JSON.parse(index.manifest.bytes.toString()) as { manifests: unknown[] };
    expect(manifests).toEqual(
      ['amd64', 'arm64'].map((architecture, position) => {
        const { mediaType, digest, size } = index.children[position]!.manifest;
        return { mediaType, digest, size, platform: { os: 'linux', architecture } };
      }),
    );
    expect(index.children.map((image) => configOf(image).architecture)).toEqual(['amd64', 'arm64']);
  });
});

describe('makeReferrer', () => {
  it('points at its subject', async () => {
    const { manifest: subject } = await makeImage({ seed: 'a' });
    const { manifest } = makeReferrer({ subject, artifactType: 'a/b', payload: Buffer.from('x') });
    expect(JSON.parse(manifest.bytes.toString())).toMatchObject({
      artifactType: 'a/b',
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    });
  });
});

describe('dockerArchive', () => {
  it('holds the config and the uncompressed layers', async () => {
    const image = await makeImage({ seed: 'a', layerBytes: [10, 20] });
    const files = await filesOf(await dockerArchive(image, 'example/app:v1'));
    const [entry] = JSON.parse(files.get('manifest.json')!.toString()) as [
      { Config: string; RepoTags: string[]; Layers: string[] },
    ];
    expect(entry.RepoTags).toEqual(['example/app:v1']);
    expect(sha256(files.get(entry.Config)!)).toBe(image.config.digest);
    expect(entry.Layers.map((path) => sha256(files.get(path)!))).toEqual(image.layers.map(({ diffId }) => diffId));
  });
});

describe('parseBearerChallenge', () => {
  it.each([
    ['Bearer realm="http://a/t",service="s"', { realm: 'http://a/t', service: 's', scope: undefined }],
    [
      'Bearer realm="http://a/t",service="s",scope="repository:a/b:pull,push repository:c/d:pull"',
      { realm: 'http://a/t', service: 's', scope: 'repository:a/b:pull,push repository:c/d:pull' },
    ],
    ['Basic realm="harbor"', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p', (header, challenge) => {
    expect(parseBearerChallenge(header)).toEqual(challenge);
  });
});
