import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { makeImage, pushArtifact } from '@haven/testing/oci';
import { mustRun } from '../../harness/command.ts';
import { median } from '../median.ts';
import { Site } from '../../replication/site.ts';

/** Copies the same number of like images between the same two platforms: by replication, and by `skopeo sync`. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    images: { type: 'string', default: '100' },
    layers: { type: 'string', default: '3' },
    bytes: { type: 'string', default: '65536' },
  },
});
const [rounds, images, layers, bytes] = [values.rounds, values.images, values.layers, values.bytes].map(Number) as [
  number,
  number,
  number,
  number,
];
const timeoutMs = 600_000;
const password = 'admin:Harbor12345';

const source = await Site.start();
const target = await Site.start();
try {
  await source.platform.newProject('bench');
  await target.platform.newProject('bench');
  const endpoint = await source.endpoint(target.platform.url);
  const results: Record<'haven' | 'skopeo', number[]> = { haven: [], skopeo: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const subject of ['haven', 'skopeo'] as const) {
      const repository = `bench/${subject}-${round}`;
      await fill(repository);
      const began = performance.now();
      await (subject === 'haven' ? replicate(repository, endpoint) : sync(repository));
      const seconds = (performance.now() - began) / 1_000;
      await assertWhole(repository);
      results[subject].push(seconds);
      console.log(`round ${round}: ${subject} ${seconds.toFixed(1)} s, ${(images / seconds).toFixed(1)} images/s`);
    }
  }
  const [haven, skopeo] = [median(results.haven), median(results.skopeo)];
  const ratio = skopeo / haven;
  console.log(
    `medians of ${rounds}: haven ${haven.toFixed(1)} s, skopeo ${skopeo.toFixed(1)} s; haven is ${ratio.toFixed(2)} × as fast`,
  );
} finally {
  await Promise.all([source.platform.remove(), target.platform.remove()]);
}

async function fill(repository: string): Promise<void> {
  const client = source.platform.client();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < images) {
      const tag = `t${next++}`;
      const layerBytes = Array.from({ length: layers }, () => bytes);
      const image = await makeImage({ seed: randomBytes(8).toString('hex'), layerBytes, gzip: false });
      await pushArtifact(client, repository, image, tag);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function replicate(repository: string, endpoint: number): Promise<void> {
  const filters = [{ type: 'name', value: repository }];
  const execution = await source.run(await source.policy({ dest_registry: { id: endpoint }, filters }));
  if (execution.status !== 'Succeed') throw new Error(`the replication ended with ${execution.status}`);
}

async function sync(repository: string): Promise<void> {
  const host = (site: Site): string => new URL(site.platform.url).host;
  const plain = [
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--src-creds',
    password,
    '--dest-creds',
    password,
  ];
  const ends = ['--src', 'docker', '--dest', 'docker', `${host(source)}/${repository}`, `${host(target)}/bench`];
  await mustRun('skopeo', ['sync', ...plain, ...ends], { timeoutMs });
}

async function assertWhole(repository: string): Promise<void> {
  const answer = await target.platform.client().request('GET', `/v2/${repository}/tags/list`);
  const { tags } = answer.expect(200).json() as { tags: string[] };
  if (tags.length !== images) throw new Error(`${repository} has ${tags.length} tags of ${images}`);
}
