import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pullManifest, pullWhole } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { describeUnless } from '../harness/left-out.ts';
import { OwnPlatform } from '../harness/own-platform.ts';
import { Interleaving, isUp, makeField, projects, type Field } from './interleaving.ts';
import { findFaults } from './invariants.ts';
import { Random } from './random.ts';
import { Replica, type ReplicatedPart } from './replica.ts';

const isWanted = process.env['HAVEN_TEST_CHAOS'] === '1';
const wishedSteps = Number(process.env['HAVEN_TEST_INTERLEAVING_STEPS'] ?? '') || undefined;
const steps = wishedSteps ?? 500;
const seed = wishedSteps === undefined ? 20_261_121 : Math.floor(Math.random() * 2 ** 31);
const clientCount = 8;
const rounds = 6;

/** Every artifact that the rows tell of is pulled, whole; so is what must be there whatever they tell. */
async function findUnpullable(platform: OwnPlatform, { certain }: Interleaving): Promise<string[]> {
  const client = platform.client();
  const live = await platform.withDatabase(
    async (database) =>
      (
        await database.query<{ repository: string; digest: string; tags: string[] }>(
          `SELECT repository_name AS repository, digest, ARRAY(SELECT name FROM tag WHERE artifact_id = artifact.id) AS tags
             FROM artifact`,
        )
      ).rows,
  );
  const faults: string[] = [];
  const told = async (what: string, pull: Promise<string>, digest: string): Promise<void> => {
    const found = await pull.catch((error: unknown) => String(error));
    if (found !== digest) faults.push(`${what}: ${found}`);
  };
  for (const { repository, digest, tags } of live) {
    await told(`${repository}@${digest}`, pullWhole(client, repository, digest), digest);
    for (const tag of tags) {
      await told(
        `${repository}:${tag}`,
        pullManifest(client, repository, tag).then((found) => found.digest),
        digest,
      );
    }
  }
  const there = new Set(live.map(({ repository, digest }) => `${repository}@${digest}`));
  const lost = certain.map(({ repository, digest }) => `${repository}@${digest}`).filter((name) => !there.has(name));
  return [...faults, ...lost.map((name) => `${name} was acknowledged, and is not there`)];
}

/** Deletes everything, ends the time of every lease, and has what is left collected; answers what did not go. */
async function findRemains(platform: OwnPlatform, { repositories }: Field): Promise<string[]> {
  for (const repository of repositories) {
    const [project = '', name = ''] = repository.split('/');
    (await platform.api('DELETE', `/projects/${project}/repositories/${name}`)).expect(200, 404);
  }
  for (const project of projects) (await platform.api('DELETE', `/projects/${project}/trash`)).expect(200);
  await eventually(
    'no upload is left',
    async () => {
      await platform.purge();
      return platform.withDatabase(async (database) =>
        (await database.query('SELECT FROM blob_upload')).rowCount === 0 ? true : undefined,
      );
    },
    { timeoutMs: 60_000, everyMs: 1_000 },
  );
  await platform.withDatabase(async (database) => {
    await database.query('UPDATE repository_blob SET lease_until = now()');
    await database.query('UPDATE blob_review SET not_before = now(), claimed_until = NULL');
  });
  let remains: string[] = [];
  await eventually(
    'nothing is left',
    async () => {
      remains = await remainsOf(platform);
      return remains.length === 0 ? true : undefined;
    },
    { timeoutMs: 60_000, everyMs: 500 },
  ).catch(() => undefined);
  return remains;
}

async function remainsOf(platform: OwnPlatform): Promise<string[]> {
  const tables = ['artifact', 'artifact_trash', 'artifact_blob', 'repository_blob', 'blob', 'blob_review', 'manifest'];
  const counts = await platform.withDatabase((database) =>
    Promise.all(
      [...tables, 'project_blob'].map(async (table) => {
        const { rowCount } = await database.query(`SELECT FROM ${table}`);
        return rowCount === 0 ? [] : [`${rowCount} rows of ${table}`];
      }),
    ),
  );
  const kept = await filesUnder(join(platform.data, 'storage'));
  return [...counts.flat(), ...kept];
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describeUnless(
  isWanted ? undefined : 'HAVEN_TEST_CHAOS is not 1',
  'pushes, deletions, restores and collections',
  () => {
    let platform: OwnPlatform;
    let registries: Replica[] = [];
    let collectors: Replica[] = [];
    let cores: Replica[] = [];
    const random = new Random(seed);

    beforeAll(async () => {
      process.stderr.write(`interleaving: seed ${seed}, ${steps} steps\n`);
      platform = await OwnPlatform.start({ GC_TIME_WINDOW_HOURS: '0' });
      const start = (part: ReplicatedPart, most: number) => Replica.of(platform, part, random, most);
      registries = [await start('registry', 4_000), await start('registry', 4_000)];
      collectors = [await start('gc-controller', 150), await start('gc-controller', 150)];
      cores = [await start('core', 600)];
      // Only those that die collect: this one begins again when the others are gone.
      await platform.kill('gc-controller');
    }, 300_000);
    afterAll(async () => {
      await Promise.all([...registries, ...collectors, ...cores].map((replica) => replica.stop()));
      await platform.remove();
    }, 60_000);

    it('leave each artifact whole, and nothing that no edge explains, whatever dies at whatever step', async () => {
      const field = await makeField(platform);
      const interleaving = new Interleaving(platform, registries, cores[0]!, field, random);
      await Promise.all([...registries, ...cores].map(isUp));
      for (let round = 0; round < rounds; round += 1) {
        await interleaving.run(clientCount, Math.ceil(steps / rounds));
        expect(await findUnpullable(platform, interleaving)).toEqual([]);
      }
      const deaths = (replicas: Replica[]): number => replicas.reduce((sum, replica) => sum + replica.deaths, 0);
      const { counts, certain } = interleaving;
      process.stderr.write(
        `interleaving: ${JSON.stringify({ ...counts, refused: Object.fromEntries(counts.refused) })}, ` +
          `killed: registry ${deaths(registries)}, gc-controller ${deaths(collectors)}, core ${deaths(cores)}; ` +
          `${certain.length} certain at the end\n`,
      );
      const all = [...registries, ...collectors, ...cores];
      await Promise.all(all.map((replica) => replica.stop()));
      expect(all.map(({ failure }) => failure).filter((failure) => failure !== null)).toEqual([]);
      await platform.up();
      expect(await findUnpullable(platform, interleaving)).toEqual([]);
      expect(await findFaults(platform)).toEqual([]);
      expect(await findRemains(platform, field)).toEqual([]);
      for (const project of projects) expect(await platform.usedBytes(project)).toBe(0);
    }, 1_800_000);
  },
);
