import { rm } from 'node:fs/promises';
import { mustRun } from '../../../harness/command.ts';
import { BenchClient, secondsOf } from '../client.ts';
import { FloorSubject, pushToFloor } from '../floor.subject.ts';
import { LargeBlobs, pushLarge, type LargeBlob } from '../large-blob.ts';
import type { Case, Contender } from '../measurement.ts';
import { namesOf, newPeers, type Field, type Row } from '../row.ts';
import type { Subject } from '../subject.ts';

const repository = 'bench/upload';
const chunkBytes = 8 * 2 ** 20;
const mostConnections = 4;

type Push = (client: BenchClient, blob: LargeBlob) => Promise<void>;

/** Large blobs, in one request and in chunks, by one and by four at once; all new. */
export const uploadRow: Row = {
  id: 'upload',
  prepare: async ({ haven, peers, sizes }: Field) => {
    const blobs = new LargeBlobs(sizes.blobBytes);
    const floor = await FloorSubject.start();
    const subjects = [haven, ...newPeers(peers)];
    for (const subject of subjects) await subject.prepare(repository);
    const all: readonly Subject[] = [...subjects, floor];
    const clients = new Map(all.map((subject) => [subject, new BenchClient(subject, mostConnections)]));

    const contender = (subject: Subject, atOnce: number, push: Push): Contender => ({
      name: subject.name,
      subject,
      measure: async () => {
        const client = clients.get(subject) ?? new BenchClient(subject, mostConnections);
        const pushed = Array.from({ length: atOnce }, () => blobs.next());
        // What others have left to be written is not to be waited for here.
        await mustRun('sync', []);
        const seconds = await secondsOf(() => Promise.all(pushed.map((blob) => push(client, blob))));
        await Promise.all(pushed.map(({ digest }) => rm(subject.blobFile(repository, digest))));
        return (atOnce * blobs.bytes) / seconds / 1e6;
      },
    });
    const manners: { name: string; push: Push }[] = [
      { name: 'in one request', push: (client, blob) => pushLarge(client, repository, blob) },
      { name: 'in chunks of 8 MiB', push: (client, blob) => pushLarge(client, repository, blob, chunkBytes) },
    ];
    const cases = manners.flatMap(({ name, push }) =>
      [1, mostConnections].map((atOnce): Case => ({
        title: `push of ${sizes.blobBytes / 2 ** 20} MiB ${name}, ${atOnce} at once`,
        unit: 'MB/s',
        contenders: [
          ...subjects.map((subject) => contender(subject, atOnce, push)),
          contender(floor, atOnce, pushToFloor),
        ],
        goals: [
          { of: haven.name, against: namesOf(newPeers(peers)), atLeast: 1.5 },
          { of: haven.name, against: [floor.name], atLeast: 0.6 },
        ],
      })),
    );
    const cleanUp = async (): Promise<void> => {
      await Promise.all([...clients.values()].map((client) => client.close()));
      await floor.stop();
    };
    return { cases, cleanUp };
  },
};
