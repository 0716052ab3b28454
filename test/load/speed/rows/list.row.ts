import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeImage, makeReferrer, mediaTypes, pushArtifact, putManifest, RegistryClient } from '@haven/testing/oci';
import { BenchClient, eachOf } from '../client.ts';
import { requestRate } from '../get-load.ts';
import type { Contender } from '../measurement.ts';
import { PeerSubject } from '../peer.subject.ts';
import { admin } from '../platform.subject.ts';
import { namesOf, newPeers, type Field, type Row } from '../row.ts';
import type { Subject } from '../subject.ts';

const tagsRepository = 'bench/tags';
const referrersRepository = 'bench/referrers';
const connections = 32;
const pushers = 8;
const pageSize = 100;
const tagsAtOnce = 100;
const atLeast = 5;

const tagOf = (number: number): string => `t${String(number).padStart(6, '0')}`;

/** A repository with many tags, page by page. */
export const tagsRow: Row = {
  id: 'tags',
  prepare: async ({ haven, peers, sizes }: Field) => {
    const subjects = [haven, ...newPeers(peers)];
    const tags = Array.from({ length: sizes.tags }, (_, number) => tagOf(number));
    for (const subject of subjects) {
      await fillWithTags(subject, tags);
      await checkTags(subject, tags);
    }
    const list = `/v2/${tagsRepository}/tags/list?n=${pageSize}`;
    const pages = Array.from({ length: Math.ceil(sizes.tags / pageSize) }, (_, page) =>
      page === 0 ? list : `${list}&last=${tagOf(page * pageSize - 1)}`,
    );
    const contenders = subjects.map((subject) =>
      lister(subject, tagsRepository, pages, sizes.seconds, pageSize * tagOf(0).length),
    );
    const goals = [{ of: haven.name, against: namesOf(newPeers(peers)), atLeast }];
    const title = `${tags.length} tags, pages of ${pageSize}, ${connections} connections`;
    return { cases: [{ title, unit: 'requests/s', contenders, goals }] };
  },
};

/** All that refers to one image. Of the peers, only zot answers that. */
export const referrersRow: Row = {
  id: 'referrers',
  prepare: async ({ haven, peers, sizes }: Field) => {
    const others = peers.filter(({ name }) => name === 'zot');
    const image = await makeImage({ seed: 'subject' });
    const path = `/v2/${referrersRepository}/referrers/${image.manifest.digest}`;
    for (const subject of [haven, ...others]) {
      await subject.prepare(referrersRepository);
      const client = new RegistryClient(subject.url, admin);
      await pushArtifact(client, referrersRepository, image, 'subject');
      const artifactType = 'application/vnd.example.signature';
      const first = makeReferrer({ subject: image.manifest, artifactType, payload: Buffer.from('signature') });
      await pushArtifact(client, referrersRepository, first);
      const numbers = Array.from({ length: sizes.referrers - 1 }, (_, number) => String(number));
      await eachOf(numbers, pushers, async (number) => {
        const annotations = { 'org.example.number': number };
        const payload = Buffer.from('signature');
        const { manifest } = makeReferrer({ subject: image.manifest, artifactType, payload, annotations });
        await putManifest(client, referrersRepository, manifest);
      });
      const answer = (await client.request('GET', path)).expect(200).json() as { manifests: unknown[] };
      mustCount(subject, answer.manifests.length, sizes.referrers);
    }
    const contenders = [haven, ...others].map((subject) =>
      lister(subject, referrersRepository, [path], sizes.seconds, sizes.referrers * image.manifest.digest.length),
    );
    const title = `referrers of an image with ${sizes.referrers}, ${connections} connections`;
    return {
      cases: [
        { title, unit: 'requests/s', contenders, goals: [{ of: haven.name, against: namesOf(others), atLeast }] },
      ],
    };
  },
};

/** @param bodyBytes what an answer has at the least, on average */
const lister = (
  subject: Subject,
  repository: string,
  paths: readonly string[],
  seconds: number,
  bodyBytes: number,
): Contender => ({
  name: subject.name,
  subject,
  measure: async () => {
    const headers = await subject.headersFor(repository);
    return requestRate({ url: subject.url, paths, headers, connections, seconds, bodyBytes });
  },
});

async function fillWithTags(subject: Subject, tags: readonly string[]): Promise<void> {
  await subject.prepare(tagsRepository);
  const image = await makeImage({ seed: 'tags' });
  const [first = ''] = tags;
  const client = new RegistryClient(subject.url, admin);
  await pushArtifact(client, tagsRepository, image, first);
  const { bytes, mediaType } = image.manifest;
  if (subject instanceof PeerSubject && subject.name === 'zot') return tagInLayout(subject, first, tags);
  const pushes = subject instanceof PeerSubject ? tags : tags.filter((_tag, index) => index % tagsAtOnce === 0);
  const pusher = new BenchClient(subject, pushers);
  await eachOf(pushes, pushers, async (tag) => {
    const index = tags.indexOf(tag);
    const others = pushes === tags ? [] : tags.slice(index + 1, index + tagsAtOnce);
    const query = new URLSearchParams(others.map((other): [string, string] => ['tag', other]));
    const headers = { ...(await subject.headersFor(tagsRepository)), 'content-type': mediaType };
    const path = `/v2/${tagsRepository}/manifests/${tag}?${query.toString()}`;
    (await pusher.request('PUT', path, { headers, body: bytes })).expect(201);
  });
  await pusher.close();
}

/** Writes tags as zot does, which writes all of them anew with every push and would take long. */
async function tagInLayout({ root }: PeerSubject, first: string, tags: readonly string[]): Promise<void> {
  const file = join(root, tagsRepository, 'index.json');
  const index = JSON.parse(await readFile(file, 'utf8')) as { manifests: { annotations?: Record<string, string> }[] };
  const name = 'org.opencontainers.image.ref.name';
  const known = index.manifests.find(({ annotations }) => annotations?.[name] === first);
  const others = tags.slice(1).map((tag) => ({ ...known, annotations: { ...known?.annotations, [name]: tag } }));
  const manifests = [...index.manifests, ...others];
  await writeFile(file, JSON.stringify({ ...index, mediaType: mediaTypes.oci.index, manifests }));
}

/** Goes through all pages as a client does. */
async function checkTags(subject: Subject, tags: readonly string[]): Promise<void> {
  const client = new RegistryClient(subject.url, admin);
  const found: string[] = [];
  for (let path: string | undefined = `/v2/${tagsRepository}/tags/list?n=${pageSize}`; path !== undefined;) {
    const answer = (await client.request('GET', path)).expect(200);
    // Some peers point to one more page, which is empty.
    found.push(...((answer.json() as { tags: string[] | null }).tags ?? []));
    path = /^<([^>]+)>/.exec(answer.header('link') ?? '')?.[1];
  }
  mustCount(subject, new Set(found).size, tags.length);
}

function mustCount(subject: Subject, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${subject.name} lists ${found} of ${wanted}`);
}
