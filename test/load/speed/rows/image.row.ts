import {
  anyManifest,
  closingLocation,
  locationOf,
  makeImage,
  sha256,
  type Content,
  type Image,
} from '@haven/testing/oci';
import { randomBytes, randomUUID } from 'node:crypto';
import { BenchClient, eachOf, secondsOf } from '../client.ts';
import { FloorSubject } from '../floor.subject.ts';
import type { Case, Contender, Goal } from '../measurement.ts';
import { startPlainNginx } from '../plain-nginx.ts';
import { newPeers, type Field, type Row } from '../row.ts';
import type { Subject } from '../subject.ts';

const clients = 16;
const layers = 8;
/** Of the file in a layer, whose tar is then 16 KiB long. */
const fileBytes = 14_336;
const octets = { 'content-type': 'application/octet-stream' };

/** Where the images of a round go. Peers have no projects, so for them the first two are the same. */
interface Layout {
  name: string;
  repositoryOf: (round: number, image: number) => string;
}

const projects: Layout = { name: 'projects', repositoryOf: (round, image) => `bench-${image}/round-${round}` };
const repositories: Layout = { name: 'repositories', repositoryOf: (round, image) => `bench/round-${round}-${image}` };
const one: Layout = { name: 'one repository', repositoryOf: (round) => `bench/round-${round}` };

interface Side {
  subject: Subject;
  layout: Layout;
  name: string;
}

interface Placed {
  repository: string;
  tag: string;
  image: Image;
}

/** Small images, by many clients at once, into many places and into one; then all of them back. */
export const imageRow: Row = {
  id: 'image',
  prepare: async ({ haven, peers, sizes: { images } }: Field) => {
    const others = newPeers(peers);
    for (let image = 0; image < images; image += 1) await haven.prepare(projects.repositoryOf(0, image));
    await haven.prepare(one.repositoryOf(0, 0));
    const sides = [
      ...[projects, repositories, one].map((layout) => sideOf(haven, layout)),
      ...others.flatMap((peer) => [repositories, one].map((layout) => sideOf(peer, layout))),
    ];
    const placed = new Map<Side, readonly Placed[]>();
    const place = async (side: Side, round: number): Promise<readonly Placed[]> => {
      const made = await Promise.all(Array.from({ length: images }, (_, image) => newImage(side, round, image)));
      placed.set(side, made);
      return made;
    };

    const goals = (many: number, single: number): Goal[] => [
      { of: nameOf(haven, projects), against: others.map((peer) => nameOf(peer, repositories)), atLeast: many },
      { of: nameOf(haven, repositories), against: others.map((peer) => nameOf(peer, repositories)), atLeast: many },
      { of: nameOf(haven, one), against: others.map((peer) => nameOf(peer, one)), atLeast: many },
      { of: nameOf(haven, one), against: [nameOf(haven, repositories)], atLeast: single },
    ];
    const caseOf = (title: string, work: (side: Side, round: number) => Promise<number>, many: number): Case => ({
      title: `${title} of ${images} images of ${layers} × 16 KiB, ${clients} clients`,
      unit: 'images/s',
      contenders: sides.map((side): Contender => {
        const measure = async (round: number): Promise<number> => images / (await work(side, round));
        return { name: side.name, subject: side.subject, measure };
      }),
      goals: goals(many, 0.9),
    });
    const push = async (side: Side, round: number): Promise<number> =>
      timed(side.subject, await place(side, round), pushImage);
    const pull = (side: Side): Promise<number> => timed(side.subject, placed.get(side) ?? [], pullImage);
    const floor = await FloorSubject.start();
    const nginx = await nginxBefore(floor);
    const least: Side = { subject: nginx.subject, layout: repositories, name: nginx.subject.name };
    const withFloor = (measured: Case, work: (round: number) => Promise<number>): Case => {
      const measure = async (round: number): Promise<number> => images / (await work(round));
      return { ...measured, contenders: [...measured.contenders, { name: least.name, subject: floor, measure }] };
    };
    const pullFile = (): Promise<number> => timed(nginx.subject, placed.get(least) ?? [], nginx.pullImage);
    const cases = [
      withFloor(caseOf('push', push, 1.5), (round) => push(least, round)),
      withFloor(caseOf('pull', pull, 2), pullFile),
    ];
    const cleanUp = async (): Promise<void> => {
      await nginx.stop();
      await floor.stop();
    };
    return { cases, cleanUp };
  },
};

const nameOf = (subject: Subject, layout: Layout): string => `${subject.name}, ${layout.name}`;
const sideOf = (subject: Subject, layout: Layout): Side => ({ subject, layout, name: nameOf(subject, layout) });

async function newImage({ layout }: Side, round: number, number: number): Promise<Placed> {
  const layerBytes = Array.from({ length: layers }, () => fileBytes);
  const image = await makeImage({ seed: randomUUID(), layerBytes, gzip: false });
  return { repository: layout.repositoryOf(round, number), tag: `v${number}`, image };
}

/** Tokens are there beforehand: how long they take is a row of its own. */
async function timed(
  subject: Subject,
  placed: readonly Placed[],
  work: (client: BenchClient, placed: Placed) => Promise<void>,
): Promise<number> {
  await eachOf(placed, clients, async ({ repository }) => {
    await subject.headersFor(repository);
  });
  const client = new BenchClient(subject, clients);
  const seconds = await secondsOf(() => eachOf(placed, clients, (one) => work(client, one)));
  await client.close();
  return seconds;
}

async function pushImage(client: BenchClient, { repository, tag, image }: Placed): Promise<void> {
  const auth = await client.subject.headersFor(repository);
  for (const blob of image.blobs) await pushBlob(client, repository, blob, auth);
  const { mediaType, bytes, digest } = image.manifest;
  const headers = { ...auth, 'content-type': mediaType };
  const answer = await client.request('PUT', `/v2/${repository}/manifests/${tag}`, { headers, body: bytes });
  mustBe(answer.expect(201).header('docker-content-digest'), digest);
}

/**
 * nginx before a process that knows nothing, hashes what it is sent, writes and syncs it. Whatever is pulled, nginx sends
 * 16 KiB.
 */
async function nginxBefore(floor: FloorSubject) {
  const bytes = randomBytes(16 * 1_024);
  const digest = sha256(bytes);
  const client = new BenchClient(floor, 1);
  (await client.request('PUT', `/${digest}`, { body: bytes })).expect(201);
  await client.close();
  const { url, stop } = await startPlainNginx(floor.blobFile('', digest), floor.url);
  const pullImage = async (puller: BenchClient, { image }: Placed): Promise<void> => {
    for (const _part of [image.manifest, ...image.blobs]) {
      mustBe(sha256((await puller.request('GET', '/asked/file')).expect(200).bytes), digest);
    }
  };
  return {
    subject: floor.behind(url, 'floor (nginx, and a process that knows nothing, hashes and writes)'),
    pullImage,
    stop,
  };
}

/** As containerd does it: asks, opens an upload, and sends all of it with the closing request. */
async function pushBlob(
  client: BenchClient,
  repository: string,
  { digest, bytes }: Content,
  auth: Readonly<Record<string, string>>,
): Promise<void> {
  (await client.request('HEAD', `/v2/${repository}/blobs/${digest}`, { headers: auth })).expect(404);
  const opened = await client.request('POST', `/v2/${repository}/blobs/uploads/`, { headers: auth });
  const closing = closingLocation(locationOf(opened.expect(202)), digest, client.subject.url);
  const headers = { ...auth, ...octets };
  const answer = await client.request('PUT', closing, { headers, body: bytes });
  mustBe(answer.expect(201).header('docker-content-digest'), digest);
}

async function pullImage(client: BenchClient, { repository, tag, image }: Placed): Promise<void> {
  const auth = await client.subject.headersFor(repository);
  const headers = { ...auth, accept: anyManifest };
  const manifest = await client.request('GET', `/v2/${repository}/manifests/${tag}`, { headers });
  mustBe(sha256(manifest.expect(200).bytes), image.manifest.digest);
  for (const { digest } of image.blobs) {
    const { bytes } = (await client.request('GET', `/v2/${repository}/blobs/${digest}`, { headers: auth })).expect(200);
    mustBe(sha256(bytes), digest);
  }
}

function mustBe(actual: string | undefined, wanted: string): void {
  if (actual !== wanted) throw new Error(`expected ${wanted}, got ${actual ?? 'nothing'}`);
}
