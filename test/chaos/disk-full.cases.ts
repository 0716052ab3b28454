import { mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  closingLocation,
  locationOf,
  makeImage,
  openUpload,
  pullWhole,
  pushArtifact,
  sha256,
  type Answer,
  type RegistryClient,
} from '@haven/testing/oci';
import { mustRun, run } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { describeUnless } from '../harness/left-out.ts';
import { LargeBlob } from './large-blob.ts';
import type { OwnPlatform } from '../harness/own-platform.ts';

const timeoutMs = 120_000;
const diskBytes = 64 * 1024 * 1024;
const tooLargeBytes = 100_000_000;
const repository = 'full/app';
const octets = { 'content-type': 'application/octet-stream' };

/** Why no small disk can be made here, if so. */
export async function whyNoSmallDisk(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a small disk needs root';
  const folder = await mkdtemp(join(tmpdir(), 'haven-disk-'));
  const { code, output } = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  if (code === 0) await mustRun('umount', [folder]);
  await rmdir(folder);
  return code === 0 ? undefined : `no small disk can be mounted: ${output.trim()}`;
}

/** Defines tests with a storage that has little room. What the platform stored before is out of reach meanwhile. */
export function diskFullCases(platformOf: () => OwnPlatform, whyNot: string | undefined): void {
  describeUnless(whyNot, 'a full disk', () => {
    let storage: string;
    let client: RegistryClient;

    beforeAll(async () => {
      const platform = platformOf();
      storage = join(platform.data, 'storage');
      const { uid, gid, mode } = await stat(storage);
      await platform.down();
      const owner = `uid=${uid},gid=${gid},mode=${(mode & 0o777).toString(8)}`;
      await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},${owner}`, 'tmpfs', storage]);
      await platform.up();
      await platform.newProject('full');
      client = platform.client();
      await client.logIn(repository);
    }, timeoutMs);
    afterAll(async () => {
      await platformOf().down();
      await mustRun('umount', [storage]);
    }, timeoutMs);

    const freeBytes = async (): Promise<number> => {
      const { bavail, bsize } = await statfs(storage);
      return bavail * bsize;
    };

    const spaceIsBack = (before: number): Promise<true> =>
      eventually('the space is back', async () => ((await freeBytes()) >= before - 1_000_000 ? true : undefined));

    const expectFull = (answer: Answer): void => {
      expect([answer.status, answer.errorCodes.length]).toEqual([507, 1]);
      expect(answer.text).toMatch(/full/);
      expect(answer.text).not.toContain(storage);
    };

    const tooLarge = (): AsyncGenerator<Buffer> => new LargeBlob('too-large', tooLargeBytes).bytes();

    it(
      'refuses what does not fit while others pull, and has room again after',
      async () => {
        const image = await makeImage({ seed: 'small', layerBytes: [4_000_000] });
        await pushArtifact(client, repository, image, 'small');
        const before = await freeBytes();
        const over = new AbortController();
        const pulling = (async () => {
          const puller = platformOf().client();
          let pulls = 0;
          for (; !over.signal.aborted; pulls += 1) {
            expect(await pullWhole(puller, repository, 'small')).toBe(image.manifest.digest);
          }
          return pulls;
        })();
        try {
          // In one stream, then cancelled.
          const location = await openUpload(client, repository);
          expectFull(await client.request('PATCH', location, { headers: octets, body: tooLarge() }));
          expect((await client.request('DELETE', location)).status).toBe(204);
          await spaceIsBack(before);

          // In the closing request, and left behind.
          const closing = closingLocation(await openUpload(client, repository), sha256('else'), client.url);
          expectFull(await client.request('PUT', closing, { headers: octets, body: tooLarge() }));
          await platformOf().purge();
          await spaceIsBack(before);
        } finally {
          over.abort();
        }
        expect(await pulling).toBeGreaterThan(0);
      },
      timeoutMs,
    );

    it(
      'lets an upload go on where it was once there is room',
      async () => {
        const before = await freeBytes();
        const room = new LargeBlob('room', 30_000_000);
        const first = await openUpload(client, repository);
        (await client.request('PATCH', first, { headers: octets, body: room.bytes() })).expect(202);
        const second = await openUpload(client, repository);
        expectFull(await client.request('PATCH', second, { headers: octets, body: tooLarge() }));
        expect((await client.request('DELETE', first)).status).toBe(204);
        const status = (await client.request('GET', second)).expect(204);
        const offset = Number(/^0-(\d+)$/.exec(status.header('range') ?? '')?.[1]) + 1;
        expect(offset).toBeGreaterThan(1_000_000);
        const bytes = Buffer.alloc(1_000_000);
        const headers = { ...octets, 'content-range': `${offset}-${offset + bytes.length - 1}` };
        (await client.request('PATCH', locationOf(status), { headers, body: bytes })).expect(202);
        expect((await client.request('DELETE', second)).status).toBe(204);
        await spaceIsBack(before);
      },
      timeoutMs,
    );

    it(
      'takes what fits afterwards',
      async () => {
        const image = await makeImage({ seed: 'fits', layerBytes: [20_000_000] });
        await pushArtifact(client, repository, image, 'fits');
        expect(await pullWhole(client, repository, 'fits')).toBe(image.manifest.digest);
        expect(await pullWhole(client, repository, 'small')).toMatch(/^sha256:/);
      },
      timeoutMs,
    );
  });
}
