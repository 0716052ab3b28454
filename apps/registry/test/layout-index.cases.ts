import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from '@haven/models';
import {
  closingLocation,
  contentOf,
  descriptorOf,
  jsonContent,
  makeImage,
  makeReferrer,
  makeTwoPlatformIndex,
  mediaTypes,
  openUpload,
  pushArtifact,
  putManifest,
  uploadBlob,
  type Artifact,
  type Content,
  type RegistryClient,
} from '@haven/testing/oci';
import { expectPullable, layout, loseContent, projected, usedBytes } from './layout-volume.js';
import { eventually, sha512, type RegistryHarness, type TestRegistry } from './registry-harness.js';
import { hasStockRegistry, StockRegistry } from '@haven/testing/oci';
import { VolumeBuilder } from './volume-builder.js';

/** As a client pushes it that prefers sha512. A stock registry keeps the bytes by their sha256, and a link from one to the other. */
async function pushWideImage(client: RegistryClient, repository: string): Promise<Artifact> {
  const { config, layers } = await makeImage({ seed: 'wide' });
  const layer = { ...layers[0]!, digest: sha512(layers[0]!.bytes) };
  await uploadBlob(client, repository, config);
  const closing = closingLocation(await openUpload(client, repository), layer.digest, client.url);
  (await client.request('PUT', closing, { body: layer.bytes })).expect(201);
  const manifest = imageOf(config, [layer]);
  await putManifest(client, repository, manifest, 'wide');
  return { manifest, blobs: [config, layer], children: [] };
}

const imageOf = (config: Content, layers: readonly Content[]): Content =>
  jsonContent(mediaTypes.oci.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.oci.manifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  });

/** Cosign's older way: the tag says what is signed. */
function cosignSignature(signed: Artifact): { artifact: Artifact; tag: string } {
  const config = contentOf(mediaTypes.oci.config, Buffer.from('{"architecture":"","os":""}'));
  const layer = contentOf('application/vnd.dev.cosign.simplesigning.v1+json', Buffer.from(signed.manifest.digest));
  const artifact = { manifest: imageOf(config, [layer]), blobs: [config, layer], children: [] };
  return { artifact, tag: `${signed.manifest.digest.replace(':', '-')}.sig` };
}

/** Taking volumes in. */
export function layoutIndexCases(harness: () => RegistryHarness): void {
  describe('index', () => {
    let registry: TestRegistry;
    let volume: VolumeBuilder;

    beforeEach(async () => {
      registry = await harness().registry('filesystem');
      volume = new VolumeBuilder(await mkdtemp(join(tmpdir(), 'volume-')));
    });
    afterEach(async () => {
      await eventually(() => projected(harness()), Boolean);
      await registry.close();
      await rm(volume.root, { recursive: true });
    });

    const index = (...flags: string[]) => layout(registry, ['index', '--from', volume.root, ...flags]);
    const pullable = (repository: string, artifact: Artifact, reference?: string) =>
      expectPullable(harness(), registry, repository, artifact, reference);

    (hasStockRegistry ? it : it.skip)('takes in what was pushed to a stock registry', async () => {
      const [image, both] = [await makeImage({ seed: 'one' }), await makeTwoPlatformIndex({ seed: 'both' })];
      const docker = await makeImage({ seed: 'docker', format: 'docker' });
      const sbom = makeReferrer({
        subject: image.manifest,
        artifactType: 'application/spdx',
        payload: Buffer.from('sbom'),
      });
      const signature = cosignSignature(image);
      const stock = await StockRegistry.start(volume.root);
      const { client } = stock;
      await pushArtifact(client, 'stock/app', image, 'v1');
      await pushArtifact(client, 'stock/app', image, 'latest');
      await pushArtifact(client, 'stock/app', both, 'both');
      await pushArtifact(client, 'stock/app', sbom);
      await pushArtifact(client, 'stock/app', signature.artifact, signature.tag);
      await pushArtifact(client, 'stock/app/deeper', docker, 'v1');
      await pushArtifact(client, 'hello', docker, 'v1');
      const wide = await pushWideImage(client, 'stock/wide');
      await stock.stop();

      const { summary, lines } = await index('--verify');
      expect(lines).toEqual(['hello becomes library/hello']);
      expect(summary).toMatchObject({
        ...{ command: 'index', repositories: 4, projects: 1, manifests: 9, known: 0, tags: 7, skipped: {} },
      });
      await pullable('stock/app', image, 'v1');
      await pullable('stock/app', image, 'latest');
      await pullable('stock/app', both, 'both');
      await pullable('stock/app', sbom);
      await pullable('stock/app', signature.artifact, signature.tag);
      await pullable('stock/app/deeper', docker, 'v1');
      await pullable('library/hello', docker, 'v1');
      await pullable('stock/wide', wide, 'wide');

      const { db } = harness();
      const project = await db.one<{ id: number; owner: number }>(
        sql(`SELECT project_id AS id, owner_id AS owner FROM project WHERE name = 'stock'`),
      );
      expect(project.owner).toBe(1);
      const parts = ['project_member', 'quota', 'quota_usage', 'cve_allowlist'].map(
        (table) => `${table} WHERE project_id = $1`,
      );
      const isPrivate = `project_metadata WHERE project_id = $1 AND (name, value) = ('public', 'false')`;
      for (const part of [...parts, isPrivate]) expect(await harness().count(part, project.id)).toBe(1);
      expect(await harness().count('outbox')).toBe(0);
      expect(await harness().count(`audit_log_ext WHERE project_id = $1 AND username <> 'system'`, project.id)).toBe(0);
      const accessories = await db.rows<{ type: string }>(
        sql(
          'SELECT type FROM artifact_accessory WHERE subject_artifact_digest = $1 ORDER BY type',
          image.manifest.digest,
        ),
      );
      expect(accessories.map(({ type }) => type)).toEqual(['signature.cosign', 'subject.accessory']);
      for (const name of ['stock', 'library']) {
        const { booked, counted } = await usedBytes(harness(), name);
        expect([booked > 0, booked]).toEqual([true, counted]);
      }

      const again = await index('--verify');
      expect(again.summary).toMatchObject({ repositories: 4, projects: 0, manifests: 0, known: 9, tags: 0, blobs: 0 });
    });

    it('shares files instead of copying them, and finds those that it has', async () => {
      const image = await makeImage({ seed: 'shared' });
      await volume.add('shared/a', image, 'v1');
      await volume.add('shared/b', image, 'v1');
      expect((await index()).summary).toMatchObject({ repositories: 2, manifests: 2, blobs: 4, skipped: {} });
      const path = VolumeBuilder.data(image.config.digest);
      const ours = await stat(join(registry.root, 'docker/registry/v2', path));
      expect(ours.ino).toBe((await stat(volume.at(path))).ino);
      await pullable('shared/b', image, 'v1');
      expect(await usedBytes(harness(), 'shared')).toMatchObject({
        booked: image.blobs.concat(image.manifest).reduce((sum, { size }) => sum + size, 0),
      });
    });

    it('gives names that can be had, and leaves out what would be ambiguous', async () => {
      const image = await makeImage({ seed: 'named' });
      for (const name of ['Names/My App', 'single', 'library/taken', 'Taken', 'names/日本'])
        await volume.add(name, image, 'v1');
      const { summary, lines } = await index('--project', 'library');
      expect(summary).toMatchObject({ repositories: 3, skipped: { repositories: 2 } });
      expect(lines).toEqual([
        'skipped (repositories) Taken: library/taken would be called library/taken too',
        'skipped (repositories) names/?: no name can be made of this',
        'Names/My App becomes names/my-app',
        'single becomes library/single',
      ]);
      for (const name of ['names/my-app', 'library/single', 'library/taken']) await pullable(name, image, 'v1');
    });

    it('tells of everything that is broken, and takes the rest', async () => {
      const [good, missing, damaged, unlinked] = await Promise.all(
        ['good', 'missing', 'damaged', 'unlinked'].map((seed) => makeImage({ seed })),
      );
      const repository = 'broken/app';
      await volume.add(repository, good!, 'good', 'moved');
      await volume.add(repository, missing!, 'missing');
      await volume.add(repository, damaged!, 'damaged');
      await volume.add(repository, unlinked!, 'unlinked');
      const parent = await makeTwoPlatformIndex({ seed: 'parent' });
      await volume.add(repository, parent, 'parent');
      await rm(volume.at(VolumeBuilder.revision(repository, parent.children[0]!.manifest.digest)));
      await rm(volume.at(VolumeBuilder.data(missing!.layers[0]!.digest)));
      await writeFile(volume.at(VolumeBuilder.data(damaged!.layers[0]!.digest)), 'short');
      await writeFile(volume.at(VolumeBuilder.layer(repository, unlinked!.layers[0]!.digest)), 'sha256:abc');
      await volume.write(VolumeBuilder.revision(repository, `sha256:${'0'.repeat(64)}`), `sha256:${'0'.repeat(64)}`);
      await volume.write(VolumeBuilder.tag(repository, 'dangling'), `sha256:${'1'.repeat(64)}`);
      await volume.write(VolumeBuilder.tag(repository, 'empty'), '');
      await volume.write(VolumeBuilder.tag(repository, '-no-tag'), good!.manifest.digest);

      const { summary, lines } = await index();
      expect(summary).toMatchObject({
        ...{ manifests: 3, tags: 3, skipped: { manifests: 4, tags: 6, blobs: 2, links: 1 } },
      });
      expect(lines.sort()).toMatchObject(
        lines.map(() => expect.stringMatching(/^skipped \((manifests|tags|blobs|links)\) /) as string),
      );
      await pullable(repository, good!, 'moved');
      // The bytes are there, and a manifest names them.
      await pullable(repository, unlinked!, 'unlinked');
      await pullable(repository, parent.children[1]!);
      const { booked, counted } = await usedBytes(harness(), 'broken');
      expect(booked).toBe(counted);

      await volume.add(repository, missing!, 'missing');
      expect((await index()).summary).toMatchObject({ manifests: 1, tags: 1, known: 3 });
      await pullable(repository, missing!, 'missing');
    });

    it('hashes everything when asked to', async () => {
      const image = await makeImage({ seed: 'flipped' });
      await volume.add('verified/app', image, 'v1');
      const layer = image.layers[0]!;
      const flipped = Buffer.from(layer.bytes);
      flipped[flipped.length - 1]! ^= 1;
      await writeFile(volume.at(VolumeBuilder.data(layer.digest)), flipped);
      const { summary } = await index('--verify');
      expect(summary).toMatchObject({ manifests: 0, skipped: { manifests: 1, tags: 1, blobs: 1 } });
    });

    it('goes on after a kill', async () => {
      const images = await Promise.all(Array.from({ length: 12 }, (_, n) => makeImage({ seed: `killed-${n}` })));
      for (const [n, image] of images.entries()) await volume.add(`Killed/${n}`, image, 'v1');
      const starts: string[] = [];
      const dying = layout(registry, ['index', '--from', volume.root], (line) => {
        if (starts.push(line) > 6) throw new Error('killed');
      });
      await expect(dying).rejects.toThrow('killed');
      const before = await harness().count(`artifact WHERE repository_name LIKE 'killed/%'`);
      expect(before).toBeLessThan(12);
      const { summary } = await index();
      expect(summary).toMatchObject({ repositories: 12, manifests: 12 - before, known: before, skipped: {} });
      for (const [n, image] of images.entries()) await pullable(`killed/${n}`, image, 'v1');
    });

    it('moves no tag of ours and brings nothing back that was deleted', async () => {
      const [old, fresh] = [await makeImage({ seed: 'old' }), await makeImage({ seed: 'fresh' })];
      await volume.add('kept/app', old, 'v1', 'old');
      await index();
      const token = await harness().tokenFor(['kept/app']);
      await volume.add('kept/app', fresh, 'v1');
      const { summary, lines } = await index();
      expect(summary).toMatchObject({ manifests: 1, known: 1, skipped: { tags: 1 } });
      expect(lines).toEqual([
        `skipped (tags) kept/app:v1: here it points at ${old.manifest.digest}, and goes on doing so`,
      ]);
      const path = `/v2/kept/app/manifests/${old.manifest.digest}`;
      expect((await registry.call('DELETE', path, { token })).status).toBe(202);
      expect((await index()).summary).toMatchObject({ manifests: 0, tags: 1, skipped: { manifests: 1, tags: 1 } });
      expect((await registry.call('GET', path, { token })).status).toBe(404);
      await pullable('kept/app', fresh, 'v1');
    });

    it('refuses what is no volume', async () => {
      await rename(volume.root, `${volume.root}-away`);
      await expect(index()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      await rename(`${volume.root}-away`, volume.root);
    });

    it('rebuilds the rows of our own volume', async () => {
      const repository = 'library/rebuilt';
      const token = await harness().tokenFor([repository]);
      const before = await usedBytes(harness(), 'library');
      const wideLayer = 'a layer by its sha512';
      const location = await registry.startUpload(repository, token);
      const closing = `${location}?digest=${sha512(wideLayer)}`;
      expect((await registry.call('PUT', closing, { token, body: wideLayer })).status).toBe(201);
      const image = await makeImage({ seed: 'rebuilt' });
      for (const blob of image.blobs) await registry.pushBlob(repository, token, blob.bytes);
      const layer = { ...contentOf(mediaTypes.oci.layer, Buffer.from(wideLayer)), digest: sha512(wideLayer) };
      const wide = { manifest: imageOf(image.config, [layer]), blobs: [image.config, layer], children: [] };
      for (const [tag, { manifest }] of Object.entries({ v1: image, wide, [sha512(image.manifest.bytes)]: image })) {
        const pushed = { ...manifest, text: manifest.bytes.toString() };
        expect((await registry.pushManifest(repository, token, tag, pushed)).status).toBe(201);
      }
      const added = (await usedBytes(harness(), 'library')).booked - before.booked;
      await eventually(() => projected(harness()), Boolean);

      await loseContent(harness());
      const { summary } = await layout(registry, ['index', '--verify']);
      expect(summary).toMatchObject({ repositories: 1, manifests: 3, tags: 2, blobs: 3, skipped: {} });
      await pullable(repository, image, 'v1');
      await pullable(repository, wide, 'wide');
      await pullable(repository, { ...image, manifest: { ...image.manifest, digest: sha512(image.manifest.bytes) } });
      expect(await usedBytes(harness(), 'library')).toEqual({ booked: added, counted: added });
    });
  });
}
