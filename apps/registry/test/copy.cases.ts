import { parseDigest } from '@haven/oci';
import { OutboundClient } from '@haven/outbound';
import { copyBlob, RegistryClient, systemClock, type RemoteRepository } from '@haven/registry-client';
import { deterministicBytes, FaultProxy } from '@haven/testing/oci';
import { sha256, type RegistryHarness, type TestRegistry } from './registry-harness.js';

const mebibyte = 1_048_576;
const size = 8 * mebibyte;
const [from, to] = ['copied-from/app', 'copied-to/app'];
const uploads = /\/blobs\/uploads\/./;

/** This registry at either end of a copy by our own client, with connections that break. */
export function copyCases(harness: () => RegistryHarness): void {
  describe('a copy by the registry client', () => {
    const outbound = new OutboundClient({ reach: 'loopback' });
    let registry: TestRegistry;
    let source: FaultProxy;
    let target: FaultProxy;
    let ends: [RemoteRepository, RemoteRepository];
    let seed = 0;

    beforeAll(async () => {
      for (const name of ['copied-from', 'copied-to']) await harness().project(name);
      registry = await harness().registry('filesystem');
      [source, target] = await Promise.all([FaultProxy.start(registry.url), FaultProxy.start(registry.url)]);
      // A pause is always a whole one, so that what was on its way has come in when the next try begins.
      const patience = { retry: { attempts: 6, baseMs: 200, capMs: 500 }, clock: { ...systemClock, random: () => 1 } };
      // Each end knows its own repository only: nothing can be mounted.
      const end = async ({ url }: FaultProxy, repository: string): Promise<RemoteRepository> => {
        const accessSecret = await harness().tokenFor([repository]);
        const credentials = { type: 'secret', accessKey: '', accessSecret } as const;
        return { client: new RegistryClient(outbound, { url, credentials, ...patience }), repository };
      };
      ends = [await end(source, from), await end(target, to)];
    });
    afterAll(async () => {
      source.stop();
      target.stop();
      await outbound.close();
      await registry.close();
    });
    beforeEach(() => {
      source.reset();
      target.reset();
    });

    /** Brings a blob of its own from one to the other. */
    async function copy(chunkSizeBytes?: number): ReturnType<typeof copyBlob> {
      const bytes = deterministicBytes(`copy-${(seed += 1)}`, size);
      const digest = parseDigest(sha256(bytes));
      await registry.pushBlob(from, await harness().tokenFor([from]), bytes);
      const result = await copyBlob(...ends, { digest, size }, { chunkSizeBytes });
      expect(await ends[1].client.headBlob(to, digest)).toBe(size);
      return result;
    }

    it('goes on where it was when the target breaks off', async () => {
      target.fail('PATCH', uploads, { cutRequestAfter: 3 * mebibyte }, { cutRequestAfter: 2 * mebibyte });
      expect(await copy()).toMatchObject({ outcome: 'copied' });
      expect(target.bytes('sentBytes')).toBe(size);
    });

    it('goes on where it was when an answer is lost', async () => {
      target.fail('PATCH', uploads, { loseAnswer: true });
      target.fail('PUT', uploads, { loseAnswer: true });
      await copy(2 * mebibyte);
      expect(target.bytes('sentBytes')).toBe(size);
    });

    it('does not notice at the target when the source breaks off', async () => {
      source.fail('GET', /blobs/, { cutAnswerAfter: 3 * mebibyte });
      await copy();
      expect([target.count('PATCH'), target.bytes('sentBytes')]).toEqual([1, size]);
    });
  });
}
