import { rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { request } from 'undici';
import { BenchClient } from '../client.ts';
import { FloorSubject } from '../floor.subject.ts';
import { byteRate, requestRate } from '../get-load.ts';
import { LargeBlobs, pushLarge, type LargeBlob } from '../large-blob.ts';
import type { Case, Contender } from '../measurement.ts';
import { startPlainNginx } from '../plain-nginx.ts';
import { namesOf, newPeers, type Field, type Row } from '../row.ts';
import type { Subject } from '../subject.ts';

const repository = 'bench/blob';
const smallBytes = 65_536;
const connections = 32;
const plain = 'nginx, same file';

/** Blobs of 64 KiB. */
export const smallBlobRow: Row = {
  id: 'small-blob',
  prepare: async ({ haven, peers, sizes: { seconds } }: Field) => {
    const blob = new LargeBlobs(smallBytes).next();
    const subjects = [haven, ...newPeers(peers)];
    for (const subject of subjects) await fill(subject, blob);
    const path = blobPath(blob);
    const floor = await FloorSubject.start();
    const nginx = await startPlainNginx(haven.blobFile(repository, blob.digest), floor.url);
    const load = { connections, seconds, bodyBytes: blob.size };
    const least: Contender = {
      name: 'floor (nginx and a process that knows nothing)',
      measure: () => requestRate({ ...load, url: nginx.url, paths: ['/asked/file'] }),
    };
    const contenders = subjects.map((subject): Contender => {
      const measure = async (): Promise<number> => {
        const headers = await subject.headersFor(repository);
        return requestRate({ ...load, url: subject.url, paths: [path], headers });
      };
      return { name: subject.name, subject, measure };
    });
    const goals = [{ of: haven.name, against: namesOf(newPeers(peers)), atLeast: 1.5 }];
    const title = `blob of 64 KiB, ${connections} connections`;
    const cleanUp = async (): Promise<void> => {
      await nginx.stop();
      await floor.stop();
    };
    return { cases: [{ title, unit: 'requests/s', contenders: [...contenders, least], goals }], cleanUp };
  },
};

/** One large blob, by one and by eight at once. */
export const largeBlobRow: Row = {
  id: 'large-blob',
  prepare: async ({ haven, peers, sizes }: Field) => {
    const blob = new LargeBlobs(sizes.blobBytes).next();
    const subjects = [haven, ...newPeers(peers)];
    for (const subject of subjects) await fill(subject, blob);
    const nginx = await startPlainNginx(haven.blobFile(repository, blob.digest));
    const seconds = sizes.seconds * 2;
    const cases = [1, 8].map((atOnce): Case => {
      const load = { connections: atOnce, seconds, bodyBytes: blob.size };
      const own = subjects.map((subject): Contender => ({
        name: subject.name,
        subject,
        measure: async () => {
          const headers = await subject.headersFor(repository);
          return byteRate({ ...load, url: subject.url, paths: [blobPath(blob)], headers });
        },
      }));
      const bare: Contender = { name: plain, measure: () => byteRate({ ...load, url: nginx.url, paths: ['/file'] }) };
      return {
        title: `blob of ${sizes.blobBytes / 2 ** 20} MiB, ${atOnce} at once`,
        unit: 'MB/s',
        contenders: [...own, bare],
        goals: [
          { of: haven.name, against: [plain], atLeast: 0.9 },
          { of: haven.name, against: namesOf(newPeers(peers)), atLeast: 1 },
        ],
      };
    });
    const cleanUp = async (): Promise<void> => {
      await nginx.stop();
      for (const subject of subjects) await rm(subject.blobFile(repository, blob.digest));
    };
    return { cases, cleanUp };
  },
};

const blobPath = ({ digest }: LargeBlob): string => `/v2/${repository}/blobs/${digest}`;

/** Pushes the blob and reads it back once. */
async function fill(subject: Subject, blob: LargeBlob): Promise<void> {
  await subject.prepare(repository);
  const client = new BenchClient(subject, 1);
  await pushLarge(client, repository, blob);
  await client.close();
  const { statusCode, body } = await request(`${subject.url}${blobPath(blob)}`, {
    headers: { ...(await subject.headersFor(repository)) },
  });
  const hash = createHash('sha256');
  for await (const chunk of body as AsyncIterable<Buffer>) hash.update(chunk);
  if (statusCode !== 200 || `sha256:${hash.digest('hex')}` !== blob.digest) {
    throw new Error(`${subject.name}: the blob came back as something else (${statusCode})`);
  }
}
