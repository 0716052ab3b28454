import {
  makeImage,
  makeLayer,
  pullManifest,
  pullWhole,
  pushArtifact,
  type Image,
  type Layer,
  type UploadManner,
} from '@haven/testing/oci';
import pg from 'pg';
import { asAdmin, repositoryPath } from '../harness/api.client.ts';
import { usedBytes, uniqueBytes } from '../harness/charge.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { describeUnless } from '../harness/left-out.ts';
import { platform, registryFor } from '../harness/platform.ts';

const clientCount = 16;
const imageCount = 200;
const repositoryCount = 25;
const timeoutMs = 120_000;

interface Push {
  image: Image;
  repository: string;
  tag: string;
}

/** Images over a few layers of which each takes two, with one small layer of their own. */
async function makeImages(seed: string): Promise<Image[]> {
  const shared = await Promise.all(
    Array.from({ length: 10 }, (_, n) => makeLayer({ seed: `${seed}-shared-${n}`, fileBytes: 30_000 + n * 7_000 })),
  );
  const pick = (n: number): Layer => shared[n % shared.length]!;
  return Promise.all(
    Array.from({ length: imageCount }, (_, n) =>
      makeImage({ seed: `${seed}-${n}`, baseLayers: [pick(n), pick(n * 3 + 1)], layerBytes: [500 + n] }),
    ),
  );
}

// Every client uploads in a manner of its own; those who mount ask in the first repository.
const mannerOf = (client: number, from: string): UploadManner =>
  [
    { kind: 'monolithic' } as const,
    { kind: 'streamed' } as const,
    { kind: 'chunked', chunkBytes: 16_384 } as const,
    { kind: 'mount', from } as const,
  ][client % 4]!;

/** Pushes everything at once from so many clients, each with a token of its own. */
async function pushAll(user: TestUser, pushes: readonly Push[]): Promise<void> {
  const queue = pushes.values();
  await Promise.all(
    Array.from({ length: clientCount }, async (_, number) => {
      const client = registryFor(user);
      const upload = mannerOf(number, pushes[0]!.repository);
      for (const { image, repository, tag } of queue) await pushArtifact(client, repository, image, tag, { upload });
    }),
  );
}

interface ListedArtifact {
  digest: string;
  size: number;
  tags: { name: string }[] | null;
}

async function listArtifacts(repository: string): Promise<{ total: number; artifacts: ListedArtifact[] }> {
  const artifacts: ListedArtifact[] = [];
  for (let page = 1; ; page += 1) {
    const answer = (await asAdmin.get(`${repositoryPath(repository)}/artifacts?page_size=100&page=${page}`)).expect(
      200,
    );
    const rows = answer.json() as ListedArtifact[];
    artifacts.push(...rows);
    const total = Number(answer.header('x-total-count'));
    if (rows.length === 0 || artifacts.length >= total) return { total, artifacts };
  }
}

describe(`${clientCount} clients that push ${imageCount} images at once`, () => {
  describe.each([
    ['into one repository', 1],
    [`into ${repositoryCount} repositories`, repositoryCount],
  ])('%s', (_name, repositories) => {
    let project: TestProject;
    let pushes: Push[];

    beforeAll(async () => {
      project = await newProject('crowd');
      const images = await makeImages(uniqueName('crowd'));
      pushes = images.map((image, n) => ({
        image,
        repository: `${project.name}/app-${n % repositories}`,
        tag: `v${n}`,
      }));
      await pushAll(await newMember(project, 'developer'), pushes);
    }, timeoutMs);

    it(
      'find every image under its tag and digest',
      async () => {
        const client = registryFor(platform.admin);
        for (const { image, repository, tag } of pushes) {
          expect((await pullManifest(client, repository, tag)).digest).toBe(image.manifest.digest);
        }
        for (const { image, repository, tag } of pushes.filter((_, n) => n % 10 === 0)) {
          expect(await pullWhole(client, repository, tag)).toBe(image.manifest.digest);
        }
      },
      timeoutMs,
    );

    it('see each artifact once in the API', async () => {
      for (const repository of new Set(pushes.map((push) => push.repository))) {
        const { total, artifacts } = await listArtifacts(repository);
        const pushed = pushes.filter((push) => push.repository === repository);
        expect(total).toBe(pushed.length);
        expect(artifacts.map(({ digest, tags }) => [digest, tags?.map(({ name }) => name)]).toSorted()).toEqual(
          pushed.map(({ image, tag }) => [image.manifest.digest, [tag]]).toSorted(),
        );
      }
    });

    it('are charged for each blob once', async () => {
      const images = pushes.map(({ image }) => image);
      expect(await usedBytes(project)).toBe(uniqueBytes(images));
    });

    it('are no longer charged for what is deleted, except for what others share', async () => {
      const [first, ...rest] = pushes;
      const { repository, image } = first!;
      (await asAdmin.delete(`${repositoryPath(repository)}/artifacts/${image.manifest.digest}`)).expect(200);
      expect(await usedBytes(project)).toBe(uniqueBytes(rest.map((push) => push.image)));
      await pushArtifact(registryFor(platform.admin), repository, image, 'v0');
      expect(await usedBytes(project)).toBe(uniqueBytes([image, ...rest.map((push) => push.image)]));
    });

    const { databaseUrl } = platform;
    describeUnless(databaseUrl === undefined ? 'no database is named' : undefined, `rows ${_name}`, () => {
      let database: pg.Client;
      const first = async (text: string, ...values: unknown[]): Promise<unknown> => {
        const { rows } = await database.query<Record<string, unknown>>(text, values);
        return Object.values(rows[0] ?? {})[0];
      };

      beforeAll(async () => {
        database = new pg.Client({ connectionString: databaseUrl });
        await database.connect();
      });
      afterAll(() => database.end());

      it('are not doubled', async () => {
        const perProject = (table: string, columns: string): string =>
          `SELECT count(*)::int FROM (SELECT ${columns} FROM ${table} WHERE project_id = $1 GROUP BY ${columns} HAVING count(*) > 1) doubled`;
        expect(await first(perProject('repository', 'name'), project.id)).toBe(0);
        expect(await first(perProject('artifact', 'repository_id, digest'), project.id)).toBe(0);
        expect(await first(perProject('artifact_blob', 'artifact_id, digest_blob'), project.id)).toBe(0);
        expect(await first('SELECT count(*)::int FROM artifact WHERE project_id = $1', project.id)).toBe(imageCount);
        expect(
          await first(
            'SELECT count(*)::int FROM tag JOIN repository USING (repository_id) WHERE project_id = $1',
            project.id,
          ),
        ).toBe(imageCount);
        expect(await first('SELECT count(*)::int FROM (SELECT FROM blob GROUP BY digest HAVING count(*) > 1) d')).toBe(
          0,
        );
      });

      it('hold the size of every blob', async () => {
        const blobs = new Map(pushes.flatMap(({ image }) => image.blobs).map(({ digest, size }) => [digest, size]));
        const { rows } = await database.query<{ digest: string; size: string }>(
          'SELECT digest, size FROM blob WHERE digest = ANY($1)',
          [[...blobs.keys()]],
        );
        expect(new Map(rows.map(({ digest, size }) => [digest, Number(size)]))).toEqual(blobs);
      });

      it('add up to what the project is charged for', async () => {
        const recomputed = await first(
          `SELECT sum(size)::int FROM (
             SELECT b.digest, b.size FROM artifact a
               JOIN artifact_blob ab ON ab.artifact_id = a.id
               JOIN blob b ON b.digest = ab.digest_blob
              WHERE a.project_id = $1
             UNION
             SELECT m.digest, octet_length(m.payload) FROM artifact a JOIN manifest m USING (digest)
              WHERE a.project_id = $1) charged`,
          project.id,
        );
        expect(await usedBytes(project)).toBe(recomputed);
      });
    });
  });
});

describe('clients that push and delete the same images at once', () => {
  const rounds = 8;

  it(
    'leave what was pushed last, whole, and charged for once',
    async () => {
      const project = await newProject('quarrel');
      const repository = `${project.name}/app`;
      const images = (await makeImages(uniqueName('quarrel'))).slice(0, 6);
      const [pusher, deleter] = [await newMember(project, 'developer'), await newMember(project, 'maintainer')];
      let deleted = 0;
      const push = async (n: number): Promise<void> => {
        const client = registryFor(pusher);
        for (let round = 0; round < rounds; round += 1) {
          const image = images[(n + round) % images.length]!;
          await pushArtifact(client, repository, image, `v${(n * round) % 4}`, { upload: mannerOf(n, repository) });
        }
      };
      const removeUntil = async (over: AbortSignal, n: number): Promise<void> => {
        const client = registryFor(deleter);
        for (let round = 0; !over.aborted; round += 1) {
          const { digest } = images[(n + round) % images.length]!.manifest;
          const answer = await client.request('DELETE', `/v2/${repository}/manifests/${digest}`);
          if (answer.expect(202, 404).status === 202) deleted += 1;
        }
      };
      const over = new AbortController();
      const removing = Promise.all([0, 2, 4].map((n) => removeUntil(over.signal, n)));
      const pushing = Promise.all(Array.from({ length: clientCount }, (_, n) => push(n))).finally(() => {
        over.abort();
      });
      await Promise.all([pushing, removing]);
      expect(deleted).toBeGreaterThan(0);
      await pushArtifact(registryFor(pusher), repository, images[0]!, 'last');

      const { artifacts } = await listArtifacts(repository);
      const left = images.filter(({ manifest }) => artifacts.some(({ digest }) => digest === manifest.digest));
      expect(artifacts).toHaveLength(left.length);
      for (const { manifest } of left) {
        expect(await pullWhole(registryFor(pusher), repository, manifest.digest)).toBe(manifest.digest);
      }
      const tags = (await registryFor(pusher).request('GET', `/v2/${repository}/tags/list`)).expect(200).json();
      for (const tag of (tags as { tags: string[] }).tags) await pullWhole(registryFor(pusher), repository, tag);
      expect(await usedBytes(project)).toBe(uniqueBytes(left));
    },
    timeoutMs,
  );
});
