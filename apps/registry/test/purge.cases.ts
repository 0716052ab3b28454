import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { readUsedBytes, recomputeUsedBytes, sql } from '@haven/models';
import { createLogger } from '@haven/observability';
import { runPurgeCommand } from '../src/purge/purge-command.js';
import { PurgeJob } from '../src/purge/purge.job.js';
import { UploadPurge } from '../src/purge/upload-purge.service.js';
import { readRegistryConfig } from '../src/registry.config.js';
import {
  eventually,
  imageManifest,
  randomText,
  sha256,
  type RegistryHarness,
  type TestRegistry,
} from './registry-harness.js';

const nothing = { sessions: 0, files: 0, memberships: 0, releasedBytes: 0, repositories: 0 };

/** What is left of pushes that nobody finishes: nothing, in the end. */
export function purgeCases(harness: () => RegistryHarness): void {
  describe('purge', () => {
    let registry: TestRegistry;
    let purge: UploadPurge;
    /** A project of its own for each case. */
    let project: string;
    let projectId: number;
    let repository: string;
    let token: string;
    let turn = 0;

    beforeAll(async () => {
      // The projection has files among the uploads as well, for a moment.
      registry = await harness().registry('filesystem', { HAVEN_STORAGE_PROJECTION: 'false' });
      purge = registry.app.nest.get(UploadPurge);
    });
    beforeEach(async () => {
      turn += 1;
      project = `purged-${turn}`;
      repository = `${project}/app`;
      projectId = await harness().project(project);
      token = await harness().tokenFor([repository, `${project}/other`]);
    });
    afterEach(async () => {
      // Nothing of one case is found by the next.
      await purge.run({ uploadSeconds: 0, blobSeconds: 0 });
    });
    afterAll(() => registry.close());

    const run = () => purge.run(purge.ages);
    const uploads = () => readdir(join(registry.root, 'uploads'));
    const idOf = (location: string): string => location.split('/').at(-1) ?? '';
    const status = async (location: string) => (await registry.call('GET', location, { token })).status;
    const age = (location: string, hours: number) =>
      harness().db.run(
        sql(
          'UPDATE blob_upload SET update_time = update_time - make_interval(hours => $2) WHERE id = $1',
          ...[idOf(location), hours],
        ),
      );
    const startUpload = async () => {
      const location = await registry.startUpload(repository, token);
      await registry.call('PATCH', location, { token, body: randomText() });
      return location;
    };
    /** Ends the leases of all that was pushed to the case's project. */
    const endLeases = () =>
      harness().db.run(
        sql(
          `UPDATE repository_blob SET lease_until = now() - interval '1 second'
            WHERE repository_id IN (SELECT repository_id FROM repository WHERE project_id = $1)`,
          projectId,
        ),
      );
    const expectExactQuota = async (used: number) => {
      expect(await readUsedBytes(harness().db, projectId)).toBe(used);
      expect(await recomputeUsedBytes(harness().db, projectId)).toBe(used);
    };

    it('ends uploads that nobody goes on with, with their files, and no others', async () => {
      const [old, young, busy] = [await startUpload(), await startUpload(), await startUpload()];
      await age(old, 169);
      await age(young, 167);
      await age(busy, 169);
      const held = "writer = gen_random_uuid(), writer_lease_until = now() + interval '1 minute'";
      await harness().db.run(sql(`UPDATE blob_upload SET ${held} WHERE id = $1`, idOf(busy)));
      expect(await run()).toEqual({ ...nothing, sessions: 1 });
      expect([await status(old), await status(young), await status(busy)]).toEqual([404, 204, 204]);
      expect((await uploads()).sort()).toEqual([`${idOf(young)}.0`, `${idOf(busy)}.0`].sort());
      expect((await registry.call('PATCH', old, { token, body: 'x' })).errorCode).toBe('BLOB_UPLOAD_UNKNOWN');
      await harness().db.run(sql('UPDATE blob_upload SET writer = NULL'));
    });

    it('removes files without an upload, but none of an upload that goes on', async () => {
      const stray = join(registry.root, 'uploads', `${randomUUID()}.3`);
      await writeFile(stray, 'left by a kill');
      expect((await run()).files).toBe(0);
      const location = await registry.startUpload(repository, token);
      const body = new PassThrough();
      const bytes = Buffer.alloc(600_000, randomText());
      const answer = registry.call('PATCH', location, { token, body });
      body.write(bytes.subarray(0, 300_000));
      await eventually(uploads, (names) => names.includes(`${idOf(location)}.0`));
      expect(await purge.run({ ...purge.ages, uploadSeconds: 0 })).toEqual({ ...nothing, files: 1 });
      await expect(access(stray)).rejects.toThrow('ENOENT');
      body.end(bytes.subarray(300_000));
      expect((await answer).status).toBe(202);
      const finished = await registry.call('PUT', `${location}?digest=${sha256(bytes)}`, { token });
      expect(finished.status).toBe(201);
    });

    it('removes bytes that a commit put into place before it was killed, and none that a row names', async () => {
      const [lone, shared] = [randomText(), randomText()];
      await registry.pushImage(repository, token, 'v1', shared);
      const place = (text: string) => {
        const hex = sha256(text).slice('sha256:'.length);
        return join(registry.root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
      };
      await mkdir(dirname(place(lone)), { recursive: true });
      await writeFile(place(lone), lone);
      for (const text of [lone, shared]) {
        const location = await startUpload();
        await harness().db.run(
          sql('UPDATE blob_upload SET wanted_digest = $2 WHERE id = $1', ...[idOf(location), sha256(text)]),
        );
        await age(location, 169);
      }
      expect((await run()).sessions).toBe(2);
      await expect(access(place(lone))).rejects.toThrow('ENOENT');
      await access(place(shared));
      expect(await harness().count('blob WHERE digest = $1', sha256(lone))).toBe(0);
      expect(await harness().count("ledger WHERE digest = $1 AND step = 'purged'", sha256(lone))).toBe(1);
    });

    it('frees the quota of blobs that no manifest has named in time', async () => {
      const [lone, shared] = [randomText(), randomText()];
      const image = await registry.pushImage(repository, token, 'v1', shared);
      const used = await readUsedBytes(harness().db, projectId);
      const digest = await registry.pushBlob(repository, token, lone);
      await registry.pushBlob(`${project}/other`, token, shared);
      await expectExactQuota(used + lone.length);
      expect(await run()).toEqual(nothing);
      await endLeases();
      expect(await run()).toEqual({ ...nothing, memberships: 2, releasedBytes: lone.length });
      await expectExactQuota(used);

      expect((await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token })).status).toBe(404);
      expect((await registry.call('GET', `/v2/${repository}/blobs/${sha256(shared)}`, { token })).status).toBe(200);
      expect((await registry.call('GET', `/v2/${repository}/manifests/${image.digest}`, { token })).status).toBe(200);
      const why = "ledger WHERE digest = $1 AND step = 'unlinked' AND actor = 'system' AND size = $2";
      expect(await harness().count(why, digest, lone.length)).toBe(1);
      expect(await harness().count('blob_review WHERE digest = $1', digest)).toBe(1);
      const manifest = imageManifest({ digest, size: lone.length }, []);
      const refused = await registry.pushManifest(repository, token, 'late', manifest);
      expect(refused.errorCode).toBe('MANIFEST_BLOB_UNKNOWN');
      await registry.pushBlob(repository, token, lone);
      expect((await registry.pushManifest(repository, token, 'late', manifest)).status).toBe(201);
      await expectExactQuota(used + lone.length + manifest.text.length);
    });

    it('removes repositories that never had a manifest, and no others', async () => {
      await registry.pushImage(repository, token, 'v1', randomText());
      await registry.pushBlob(`${project}/other`, token, randomText());
      const named = (name: string) => harness().count('repository WHERE name = $1', name);
      await harness().db.run(
        sql("UPDATE repository SET creation_time = now() - interval '8 days' WHERE project_id = $1", projectId),
      );
      expect(await run()).toEqual(nothing);
      await endLeases();
      expect(await run()).toMatchObject({ memberships: 1, repositories: 1 });
      expect([await named(repository), await named(`${project}/other`)]).toEqual([1, 0]);
      await registry.pushImage(`${project}/other`, token, 'v1', randomText());
      expect(await named(`${project}/other`)).toBe(1);
    });

    it('is shared by replicas, in batches', async () => {
      const other = await harness().registry('filesystem', {
        HAVEN_STORAGE_ROOT: registry.root,
        HAVEN_STORAGE_PROJECTION: 'false',
      });
      await registry.startUpload(repository, token);
      await harness().db.run(
        sql(
          `INSERT INTO blob_upload (id, repository_id, update_time)
           SELECT gen_random_uuid(), repository_id, now() - interval '8 days'
             FROM repository, generate_series(1, 450) WHERE name = $1`,
          repository,
        ),
      );
      const found = await Promise.all([run(), other.app.nest.get(UploadPurge).run(purge.ages)]);
      // A batch that meets the other's locks may end early; the next run takes up what is left.
      const last = await run();
      expect([...found, last].reduce((sum, { sessions }) => sum + sessions, 0)).toBe(450);
      expect(await harness().count('blob_upload')).toBe(1);
      await other.close();
    });

    it('rests while nothing is to change', async () => {
      const location = await startUpload();
      await age(location, 169);
      const job = registry.app.nest.get(PurgeJob);
      await harness().db.run(sql("INSERT INTO properties (k, v) VALUES ('read_only', 'true')"));
      await eventually(
        () => registry.call('POST', `/v2/${repository}/blobs/uploads/`, { token }),
        (answer) => answer.status === 403,
      );
      await job.purgeOnce();
      expect(await status(location)).toBe(204);
      await harness().db.run(sql("DELETE FROM properties WHERE k = 'read_only'"));
      await eventually(
        () => registry.call('POST', `/v2/${repository}/blobs/uploads/`, { token }),
        (answer) => answer.status === 202,
      );
      await job.purgeOnce();
      expect(await status(location)).toBe(404);
    }, 15_000);

    it('leaves nothing of what was not acknowledged, and all of what was, while 8 clients push', async () => {
      const names = Array.from({ length: 8 }, (_, client) => `${project}/app-${client % 4}`);
      const all = await harness().tokenFor(names);
      const acknowledged: { name: string; digest: string; layer: string }[] = [];
      const push = async (name: string, client: number) => {
        for (let round = 0; round < 12; round += 1) {
          const layer = randomText();
          // Layers may go between their upload and the manifest: then the client is told so.
          const manifest = await registry.pushImage(name, all, `t${client}-${round}`, layer).catch(() => null);
          if (manifest !== null) acknowledged.push({ name, digest: manifest.digest, layer: sha256(layer) });
          if (round % 3 === 0) await registry.startUpload(name, all);
        }
      };
      const pushed = new AbortController();
      const purging = (async () => {
        while (!pushed.signal.aborted) await purge.run({ uploadSeconds: 3600, blobSeconds: 0 });
      })();
      await Promise.all(names.map(push));
      pushed.abort();
      await purging;
      const config = readRegistryConfig(harness().environment('filesystem', registry.root));
      const log = createLogger('registry', 'silent');
      const { summary } = await runPurgeCommand(['--older-than', '0'], config, log);
      expect(summary.sessions).toBeGreaterThanOrEqual(32);

      expect(acknowledged.length).toBeGreaterThan(0);
      for (const { name, digest, layer } of acknowledged) {
        const seen = [`manifests/${digest}`, `blobs/${layer}`].map(async (path) => {
          const { status: found, bytes } = await registry.call('GET', `/v2/${name}/${path}`, { token: all });
          return found === 200 && path.endsWith(sha256(bytes));
        });
        expect(await Promise.all(seen)).toEqual([true, true]);
      }
      expect(await uploads()).toEqual([]);
      expect(await harness().count('blob_upload')).toBe(0);
      expect(await harness().count('repository_blob WHERE pending')).toBe(0);
      await expectExactQuota(await recomputeUsedBytes(harness().db, projectId));
    }, 60_000);
  });
}
