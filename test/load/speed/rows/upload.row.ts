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

interface Load {
  atOnce: number;
  blobs: LargeBlobs;
}

type Push = (client: BenchClient, blob: LargeBlob) => Promise<void>;

/** A large blob, and four of a quarter of its size at once; in one request and in chunks; all new. */
export const uploadRow: Row = {
  id: 'upload',
  prepare: async ({ haven, peers, sizes }: Field) => {
    const loads = [1, mostConnections].map((atOnce): Load => {
      return { atOnce, blobs: new LargeBlobs(sizes.blobBytes / atOnce) };
    });
    const subjects = [haven, ...newPeers(peers)];
    for (const subject of subjects) await subject.prepare(repository);
    const floor = await FloorSubject.start();
    const all: readonly Subject[] = [...subjects, floor];
    const clients = new Map(all.map((subject) => [subject, new BenchClient(subject, mostConnections)]));

    const contender = (subject: Subject, { atOnce, blobs }: Load, push: Push): Contender => ({
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
      loads.map((load): Case => ({
        title: `push of ${load.blobs.bytes / 2 ** 20} MiB, ${load.atOnce} at once, ${name}`,
        unit: 'MB/s',
        contenders: [...subjects.map((subject) => contender(subject, load, push)), contender(floor, load, pushToFloor)],
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
