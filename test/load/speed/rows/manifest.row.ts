import { anyManifest, makeImage, pushArtifact, RegistryClient, send, sha256, type Artifact } from '@haven/testing/oci';
import { requestRate } from '../get-load.ts';
import type { Case } from '../measurement.ts';
import { admin } from '../platform.subject.ts';
import { namesOf, newPeers, oldPeer, type Field, type Row } from '../row.ts';
import type { Subject } from '../subject.ts';

const repository = 'bench/manifest';
/** Different ones, as clients ask for: lookups of one and the same could be shared. */
const images = 32;
const layers = 8;
const connections = 32;

/** Manifests of images of eight layers, by tag and by digest. */
export const manifestRow: Row = {
  id: 'manifest',
  prepare: async ({ haven, peers, sizes }: Field) => {
    const tagged = new Map<string, Artifact>();
    for (let number = 0; number < images; number += 1) {
      const layerBytes = Array.from({ length: layers }, () => 1_024);
      tagged.set(`v${number}`, await makeImage({ seed: `manifest-${number}`, layerBytes }));
    }
    for (const subject of [haven, ...peers]) await fill(subject, tagged);
    const byTag = new Map([...tagged].map(([tag, { manifest }]) => [tag, manifest.digest]));
    const byDigest = new Map([...byTag.values()].map((digest) => [digest, digest]));
    const bodyBytes = Math.min(...[...tagged.values()].map(({ manifest }) => manifest.size));
    const cases = Object.entries({ tag: byTag, digest: byDigest }).map(([by, references]): Case => {
      const paths = [...references.keys()].map((reference) => `/v2/${repository}/manifests/${reference}`);
      return {
        title: `manifest by ${by}, ${connections} connections`,
        unit: 'requests/s',
        contenders: [haven.direct, haven, ...peers].map((subject) => ({
          name: subject.name,
          subject,
          measure: async () => {
            const headers = { ...(await subject.headersFor(repository)), accept: anyManifest };
            await check(subject, headers, references);
            const { seconds } = sizes;
            return requestRate({ url: subject.url, paths, headers, connections, seconds, bodyBytes });
          },
        })),
        goals: [
          { of: haven.direct.name, against: namesOf(newPeers(peers)), atLeast: 2 },
          { of: haven.direct.name, against: [oldPeer], atLeast: 10 },
          { of: haven.name, against: namesOf(newPeers(peers)), atLeast: 1.2 },
        ],
      };
    });
    return { cases };
  },
};

async function fill(subject: Subject, tagged: ReadonlyMap<string, Artifact>): Promise<void> {
  await subject.prepare(repository);
  const client = new RegistryClient(subject.url, admin);
  for (const [tag, image] of tagged) await pushArtifact(client, repository, image, tag);
}

/** Asks once for each. */
async function check(
  { url }: Subject,
  headers: Readonly<Record<string, string>>,
  digests: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [reference, digest] of digests) {
    const answer = await send('GET', `${url}/v2/${repository}/manifests/${reference}`, { headers });
    if (sha256(answer.expect(200).bytes) !== digest) throw new Error(`${answer.request}: other bytes than were pushed`);
  }
}
