import { join } from 'node:path';
import {
  contentOf,
  deterministicBytes,
  locationOf,
  makeImage,
  openUpload,
  closingLocation,
  pullBlob,
  pullWhole,
  pushArtifact,
  type Image,
  type RegistryClient,
} from '@haven/testing/oci';
import { asAdmin } from '../harness/api.client.ts';
import { uniqueBytes, usedBytes } from '../harness/charge.ts';
import { mustRun } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { describeUnless } from '../harness/left-out.ts';
import { platform, registryFor } from '../harness/platform.ts';
import { pidOf } from '../harness/processes.ts';

const timeoutMs = 180_000;

/** These stop the platform under test, so they run alone, and only where the caller says that it may be stopped. */
function whyNot(): string | undefined {
  if (process.env['HAVEN_TEST_LIFECYCLE'] !== '1') return 'HAVEN_TEST_LIFECYCLE is not 1';
  if (platform.dataFolder === undefined) return 'no data folder is named';
  return undefined;
}

const haven = (...args: string[]): Promise<string> =>
  mustRun(join(import.meta.dirname, '../../haven'), [...args, '--data', platform.dataFolder!], { timeoutMs });

const up = (): Promise<string> => haven('up', '--port', new URL(platform.url).port);

describeUnless(whyNot(), 'stopping and starting', () => {
  let project: TestProject;
  let developer: TestUser;
  let client: RegistryClient;
  let repository: string;
  let image: Image;

  beforeAll(async () => {
    project = await newProject('lasting');
    developer = await newMember(project, 'developer');
    client = registryFor(developer);
    repository = `${project.name}/app`;
    image = await makeImage({ seed: uniqueName('lasting'), layerBytes: [200_000, 5_000] });
    await pushArtifact(client, repository, image, 'v1');
  }, timeoutMs);

  const expectEverything = async (): Promise<void> => {
    expect(await pullWhole(client, repository, 'v1')).toBe(image.manifest.digest);
    expect(await pullWhole(registryFor(developer), repository, 'v1')).toBe(image.manifest.digest);
    expect((await asAdmin.get(`/projects/${project.name}`)).json()).toMatchObject({ project_id: project.id });
    expect((await developer.api.get('/users/current')).json()).toMatchObject({ user_id: developer.id });
    const own = await makeImage({ seed: uniqueName('after') });
    await pushArtifact(client, repository, own, 'after');
    expect(await pullWhole(client, repository, 'after')).toBe(own.manifest.digest);
  };

  it(
    'keeps users, projects and images',
    async () => {
      await haven('down');
      await expect(asAdmin.get('/ping')).rejects.toThrow();
      await up();
      await expectEverything();
    },
    timeoutMs,
  );

  it.each(['registry', 'core', 'nginx', 'redis', 'postgres'])(
    'loses nothing when %s is killed',
    async (part) => {
      process.kill(await pidOf(platform.dataFolder!, part), 'SIGKILL');
      await up();
      await expectEverything();
    },
    timeoutMs,
  );

  it(
    'lets an upload go on that the registry was killed in',
    async () => {
      const blob = contentOf('application/octet-stream', deterministicBytes(uniqueName('blob'), 400_000));
      const headers = { 'content-type': 'application/octet-stream' };
      const start = await openUpload(client, repository);
      const half = blob.bytes.subarray(0, 200_000);
      const location = locationOf((await client.request('PATCH', start, { headers, body: half })).expect(202));
      process.kill(await pidOf(platform.dataFolder!, 'registry'), 'SIGKILL');
      await up();
      const status = (await client.request('GET', location)).expect(204);
      expect(status.header('range')).toBe('0-199999');
      const closing = closingLocation(locationOf(status), blob.digest, platform.url);
      const answer = await client.request('PUT', closing, { headers, body: blob.bytes.subarray(200_000) });
      expect(answer.status).toBe(201);
      expect((await pullBlob(client, repository, blob.digest)).equals(blob.bytes)).toBe(true);
    },
    timeoutMs,
  );

  it(
    'lets a crowd of clients go on that the registry was killed under',
    async () => {
      const images = await Promise.all(
        Array.from({ length: 60 }, (_, n) => makeImage({ seed: uniqueName(`crowd-${n}`), layerBytes: [20_000, 500] })),
      );
      const crowded = await newProject('crowded');
      const waiting = images.entries();
      let pushed = 0;
      const pushOn = async (): Promise<void> => {
        for (const [n, one] of waiting) {
          await eventually('the push succeeds', () => tryPush(`${crowded.name}/app`, one, `v${n}`), {
            timeoutMs: 60_000,
          });
          pushed += 1;
        }
      };
      const crowd = Promise.all(Array.from({ length: 8 }, pushOn));
      await eventually('the crowd is under way', () => Promise.resolve(pushed >= 15 ? true : undefined), {
        everyMs: 5,
      });
      process.kill(await pidOf(platform.dataFolder!, 'registry'), 'SIGKILL');
      await up();
      await crowd;
      const admin = registryFor(platform.admin);
      for (const [n, one] of images.entries()) {
        expect(await pullWhole(admin, `${crowded.name}/app`, `v${n}`)).toBe(one.manifest.digest);
      }
      expect(await usedBytes(crowded)).toBe(uniqueBytes(images));
    },
    timeoutMs,
  );

  /** Undefined when the platform was away. */
  async function tryPush(to: string, one: Image, tag: string): Promise<true | undefined> {
    try {
      await pushArtifact(registryFor(platform.admin), to, one, tag);
      return true;
    } catch (error) {
      if (Error.isError(error) && /→ 50[234]|ECONNREFUSED|socket|closed/.test(error.message)) return undefined;
      throw error;
    }
  }
});
