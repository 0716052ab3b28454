import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { digestOf, type Digest, type DigestAlgorithm } from '@haven/oci';
import type { BlobEntry, BlobStore } from './blob-store.js';
import { hashPrefix } from './hash-prefix.js';

const text = (content: string): Buffer => Buffer.from(content);

const failure = (code: string): Error => expect.objectContaining({ code }) as Error;

const read = async (stream: Promise<Readable>): Promise<string> => (await buffer(await stream)).toString();

async function upload(store: BlobStore, id: string, epoch: number, content: Buffer, offset = 0): Promise<void> {
  const writer = await store.openUpload(id, epoch, offset);
  await writer.write([content], offset);
  await writer.sync();
  await writer.close();
}

async function push(store: BlobStore, content: Buffer, algorithm: DigestAlgorithm = 'sha256'): Promise<Digest> {
  const id = randomUUID();
  const digest = digestOf(content, algorithm);
  await upload(store, id, 0, content);
  await store.commitUpload(id, 0, digest, content.length);
  return digest;
}

async function list(store: BlobStore): Promise<BlobEntry[]> {
  const entries: BlobEntry[] = [];
  for await (const entry of store.listBlobs()) entries.push(entry);
  return entries.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** What every driver promises. `makeStore` gives an empty one. */
export function blobStoreCases(makeStore: () => Promise<BlobStore>): void {
  let store: BlobStore;
  let id: string;

  beforeEach(async () => {
    store = await makeStore();
    id = randomUUID();
  });

  describe('an upload', () => {
    it('keeps what is written to it, at any position and in several chunks', async () => {
      const writer = await store.openUpload(id, 0, 0);
      await writer.write([text('ab'), text(''), text('cd')], 0);
      await writer.write([text('gh')], 6);
      await writer.write([text('ef')], 4);
      await writer.close();
      expect(await read(store.readUpload(id, 0))).toBe('abcdefgh');
      expect(await read(store.readUpload(id, 0, { range: { start: 2, end: 3 } }))).toBe('cd');
    });

    it('is continued where it was left, without the bytes that nobody acknowledged', async () => {
      await upload(store, id, 0, text('abcdef'));
      await upload(store, id, 0, text('X'), 3);
      expect(await read(store.readUpload(id, 0))).toBe('abcX');
    });

    it('is unknown when it holds less than its session says', async () => {
      await upload(store, id, 0, text('abc'));
      await expect(store.openUpload(id, 0, 4)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      await expect(store.openUpload(randomUUID(), 0, 1)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      await expect(store.commitUpload(id, 0, digestOf(text('abcd')), 4)).rejects.toThrow(
        failure('BLOB_UPLOAD_UNKNOWN'),
      );
    });

    it('is unknown when nothing was ever written under its name', async () => {
      const digest = digestOf(text('abc'));
      await expect(store.readUpload(id, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      await expect(store.copyUploadPrefix(id, 0, 1, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      await expect(store.commitUpload(id, 0, digest, 3)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
    });

    it('is taken over by copying what was acknowledged into the next epoch', async () => {
      await upload(store, id, 0, text('abcdef'));
      expect(await store.copyUploadPrefix(id, 0, 1, 4)).toBe(true);
      await upload(store, id, 0, text('late'), 0);
      expect(await store.copyUploadPrefix(id, 0, 1, 2)).toBe(false);
      expect(await read(store.readUpload(id, 1))).toBe('abcd');

      expect(await store.copyUploadPrefix(id, 0, 2, 2)).toBe(true);
      expect(await read(store.readUpload(id, 2))).toBe('la');
      await expect(store.copyUploadPrefix(id, 0, 3, 5)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
    });

    it('goes on after a take-over with the digest of its prefix', async () => {
      await upload(store, id, 0, text('abcdef'));
      const hashes = await hashPrefix(store, { id, epoch: 0, length: 3 }, ['sha256', 'sha512']);
      expect(hashes.map((hash) => hash.digest())).toEqual([digestOf(text('abc')), digestOf(text('abc'), 'sha512')]);
      for (const hash of hashes) hash.update(text('xyz'));
      expect(hashes[0]!.digest()).toBe(digestOf(text('abcxyz')));
      await expect(hashPrefix(store, { id, epoch: 0, length: 7 }, ['sha256'])).rejects.toThrow(
        failure('BLOB_UPLOAD_UNKNOWN'),
      );
      const [fresh] = await hashPrefix(store, { id: randomUUID(), epoch: 0, length: 0 }, ['sha256']);
      expect(fresh!.digest()).toBe(digestOf(text('')));
    });

    it('is removed with its earlier epochs, as often as one likes', async () => {
      await upload(store, id, 0, text('a'));
      await store.copyUploadPrefix(id, 0, 2, 1);
      await store.copyUploadPrefix(id, 0, 3, 1);
      await store.removeUpload(id, 2);
      await store.removeUpload(id, 2);
      await expect(store.readUpload(id, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      await expect(store.readUpload(id, 2)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      expect(await read(store.readUpload(id, 3))).toBe('a');
    });

    it('is stale when nobody has written to it for long', async () => {
      await upload(store, id, 0, text('a'));
      expect(await store.removeStaleUploads(new Date(Date.now() - 60_000))).toBe(0);
      expect(await read(store.readUpload(id, 0))).toBe('a');
      expect(await store.removeStaleUploads(new Date(Date.now() + 60_000))).toBe(1);
      await expect(store.readUpload(id, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
    });

    it.each([
      '',
      '.',
      '..',
      '../../etc',
      'a/b',
      'a\\b',
      'ab',
      'ABCDEFGH',
      'abcdefgh.0',
      'abcdefgh\0',
      '-abcdefgh',
      'a'.repeat(65),
    ])('has no name like %j', async (bad) => {
      await expect(store.openUpload(bad, 0, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      await expect(store.removeUpload(bad, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
    });

    it.each([-1, 0.5, Number.NaN])('has no epoch %d', async (epoch) => {
      await expect(store.openUpload(id, epoch, 0)).rejects.toThrow(RangeError);
    });
  });

  describe('a commit', () => {
    it.each<[string, Buffer, DigestAlgorithm]>([
      ['a blob', text('hello'), 'sha256'],
      ['an empty blob', text(''), 'sha256'],
      ['a sha512 blob', text('hello'), 'sha512'],
    ])('makes %s', async (_what, content, algorithm) => {
      const digest = await push(store, content, algorithm);
      expect(await store.statBlob(digest)).toEqual({ sizeBytes: content.length });
      expect(await read(store.readBlob(digest))).toBe(content.toString());
      expect(await list(store)).toEqual([{ digest, sizeBytes: content.length }]);
    });

    it('ends the upload', async () => {
      await upload(store, id, 0, text('abc'));
      await store.commitUpload(id, 0, digestOf(text('abc')), 3);
      await expect(store.readUpload(id, 0)).rejects.toThrow(failure('BLOB_UPLOAD_UNKNOWN'));
      expect(await store.removeStaleUploads(new Date(Date.now() + 60_000))).toBe(0);
    });

    it('leaves out what lies beyond the acknowledged size', async () => {
      await upload(store, id, 0, text('abcdef'));
      await store.commitUpload(id, 0, digestOf(text('abc')), 3);
      expect(await read(store.readBlob(digestOf(text('abc'))))).toBe('abc');
    });

    it('may be repeated', async () => {
      const digest = digestOf(text('abc'));
      await upload(store, id, 0, text('abc'));
      await store.commitUpload(id, 0, digest, 3);
      await store.commitUpload(id, 0, digest, 3);
      expect(await read(store.readBlob(digest))).toBe('abc');
    });

    it('may be done twice at once', async () => {
      const digest = digestOf(text('abc'));
      await upload(store, id, 0, text('abc'));
      await Promise.all([store.commitUpload(id, 0, digest, 3), store.commitUpload(id, 0, digest, 3)]);
      expect(await read(store.readBlob(digest))).toBe('abc');
    });

    it('of one digest by many uploads at once leaves one blob and no upload', async () => {
      const content = text('the same layer');
      const digests = await Promise.all(Array.from({ length: 20 }, () => push(store, content)));
      expect(new Set(digests).size).toBe(1);
      expect(await list(store)).toEqual([{ digest: digests[0], sizeBytes: content.length }]);
      expect(await store.removeStaleUploads(new Date(Date.now() + 60_000))).toBe(0);
    });
  });

  describe('a blob', () => {
    it('is read in ranges', async () => {
      const digest = await push(store, text('0123456789'));
      expect(await read(store.readBlob(digest, { range: { start: 0, end: 0 } }))).toBe('0');
      expect(await read(store.readBlob(digest, { range: { start: 3, end: 6 } }))).toBe('3456');
      expect(await read(store.readBlob(digest, { range: { start: 9, end: 9 } }))).toBe('9');
    });

    it('is read until a signal fires', async () => {
      const digest = await push(store, Buffer.alloc(4 * 1024 * 1024));
      const controller = new AbortController();
      const stream = await store.readBlob(digest, { signal: controller.signal });
      controller.abort();
      await expect(buffer(stream)).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }) as Error);
    });

    it('that was never pushed is not there', async () => {
      const digest = digestOf(text('nobody'));
      expect(await store.statBlob(digest)).toBeNull();
      await expect(store.readBlob(digest)).rejects.toThrow(failure('BLOB_UNKNOWN'));
      expect(await list(store)).toEqual([]);
    });
  });

  describe('a removal', () => {
    it('takes the blob away, then its bytes; both steps may be repeated', async () => {
      const digest = await push(store, text('abc'));
      expect(await store.renameForRemoval(digest, 'ledger-7')).toBe(true);
      expect(await store.renameForRemoval(digest, 'ledger-7')).toBe(false);
      expect(await store.statBlob(digest)).toBeNull();
      await store.unlinkRemoved('ledger-7');
      await store.unlinkRemoved('ledger-7');
      expect(await store.restoreRemoved(digest, 'ledger-7')).toBe(false);
    });

    it('can be taken back before the unlink', async () => {
      const digest = await push(store, text('abc'));
      await store.renameForRemoval(digest, 'ledger-7');
      expect(await store.restoreRemoved(digest, 'ledger-7')).toBe(true);
      expect(await store.restoreRemoved(digest, 'ledger-7')).toBe(false);
      expect(await read(store.readBlob(digest))).toBe('abc');
    });

    it('leaves a blob alone that was pushed again meanwhile', async () => {
      const digest = await push(store, text('abc'));
      await store.renameForRemoval(digest, 'ledger-7');
      await push(store, text('abc'));
      await store.unlinkRemoved('ledger-7');
      expect(await read(store.readBlob(digest))).toBe('abc');

      await store.renameForRemoval(digest, 'ledger-8');
      await push(store, text('abc'));
      expect(await store.restoreRemoved(digest, 'ledger-8')).toBe(true);
      expect(await list(store)).toEqual([{ digest, sizeBytes: 3 }]);
    });

    it('does not disturb a reader', async () => {
      const content = Buffer.alloc(4 * 1024 * 1024, 'x');
      const digest = await push(store, content);
      const stream = await store.readBlob(digest);
      await store.renameForRemoval(digest, 'ledger-7');
      await store.unlinkRemoved('ledger-7');
      expect((await buffer(stream)).equals(content)).toBe(true);
    });

    it.each(['', '..', 'a/b', '.hidden', 'A'])('has no name like %j', async (bad) => {
      const digest = await push(store, text('abc'));
      await expect(store.renameForRemoval(digest, bad)).rejects.toThrow(RangeError);
      await expect(store.unlinkRemoved(bad)).rejects.toThrow(RangeError);
      expect(await store.statBlob(digest)).toEqual({ sizeBytes: 3 });
    });
  });

  it('is healthy, and the check leaves nothing behind', async () => {
    await store.checkHealth();
    expect(await store.removeStaleUploads(new Date(Date.now() + 60_000))).toBe(0);
  });
}
