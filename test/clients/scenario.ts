import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImage, makeTwoPlatformIndex, pullManifest, pullWhole } from '@haven/testing/oci';
import type { Outcome } from '../harness/command.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { sayLeftOut } from '../harness/left-out.ts';
import { registryFor, registryHost } from '../harness/platform.ts';
import { Unavailable, type ContainerClient } from './container-client.ts';

const timeoutMs = 90_000;

/**
 * Defines the one scenario that every client goes through; leaves it out, and says so, where there is no such client.
 * @param more what only this client can do
 */
export async function clientScenario<C extends ContainerClient>(
  name: string,
  start: (folder: string) => Promise<C>,
  more?: (client: C, folder: string) => void,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `haven-${name}-`));
  let client: C;
  try {
    client = await start(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!(error instanceof Unavailable)) throw error;
    sayLeftOut(name, error.message);
    it.skip(`${name}: left out`, () => undefined);
    return;
  }
  describe(name, () => {
    afterAll(async () => {
      await client.stop();
      await rm(folder, { recursive: true, force: true });
    }, timeoutMs);
    defineSteps(client);
    more?.(client, folder);
  });
}

const mustSucceed = ({ code, output }: Outcome): void => {
  if (code !== 0) throw new Error(`exit code ${code}\n${output}`);
};

// The steps stand on each other: one client is logged in from the first to the last.
function defineSteps(client: ContainerClient): void {
  let project: TestProject;
  let developer: TestUser;
  const seed = uniqueName('image');
  const reference = (repository: string, tag: string): string => `${registryHost}/${project.name}/${repository}:${tag}`;
  const multiLayer = makeImage({ seed, layerBytes: [300_000, 70_000, 2_000_000, 10] });
  const twoPlatforms = makeTwoPlatformIndex({ seed, layerBytes: [40_000, 90_000] });

  beforeAll(async () => {
    project = await newProject('clients');
    developer = await newMember(project, 'developer');
  }, timeoutMs);

  const step = (name: string, run: () => Promise<void>): void => {
    it(name, run, timeoutMs);
  };

  step('is refused with a wrong password', async () => {
    let outcome = await client.logIn(registryHost, { ...developer, password: 'Wrong-passw0rd' });
    // A client without a log-in of its own notices only when it uses what it was given.
    if (outcome.code === 0) outcome = await client.pull(reference('app', 'v1'));
    const { code, output } = outcome;
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized|invalid username\/password/i);
  });

  step('logs in with the right password', async () => {
    mustSucceed(await client.logIn(registryHost, developer));
  });

  step('pushes an image of several layers, whole and under the right digest', async () => {
    const { digest, ...outcome } = await client.push(await multiLayer, reference('app', 'v1'));
    mustSucceed(outcome);
    expect(await pullWhole(registryFor(developer), `${project.name}/app`, 'v1')).toBe(digest);
  });

  step('pulls it back into an empty store with the same digests', async () => {
    mustSucceed(await client.pull(reference('app', 'v1')));
    const { digest } = await pullManifest(registryFor(developer), `${project.name}/app`, 'v1');
    const { config } = await multiLayer;
    expect(await client.inspect(reference('app', 'v1'))).toEqual({ digest, configDigest: config.digest });
  });

  step('pushes the same image to another repository', async () => {
    const { digest, ...outcome } = await client.pushAgain(reference('app', 'v1'), reference('team/copy', 'v1'));
    mustSucceed(outcome);
    expect(await pullWhole(registryFor(developer), `${project.name}/team/copy`, 'v1')).toBe(digest);
  });

  step('pushes an index for two platforms', async () => {
    mustSucceed(await client.pushIndex(await twoPlatforms, reference('multi', 'v1')));
    await pullWhole(registryFor(developer), `${project.name}/multi`, 'v1');
  });

  step('pulls each platform of the index', async () => {
    for (const { platform, config } of (await twoPlatforms).children) {
      mustSucceed(await client.pull(reference('multi', 'v1'), platform.architecture));
      expect((await client.inspect(reference('multi', 'v1'))).configDigest).toBe(config.digest);
    }
  });

  step('is refused a push to a project in which the user is a guest', async () => {
    const other = await newProject('clients');
    const guest = await newMember(other, 'guest');
    mustSucceed(await client.logIn(registryHost, guest));
    const image = await makeImage({ seed: `${seed}-refused` });
    const { code, output } = await client.push(image, `${registryHost}/${other.name}/app:v1`);
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized|denied|authentication required/i);
    mustSucceed(await client.logIn(registryHost, developer));
  });

  step('pulls nothing private after logging out', async () => {
    mustSucceed(await client.logOut(registryHost));
    const { code, output } = await client.pull(reference('app', 'v1'));
    expect(code).not.toBe(0);
    expect(output).toMatch(/unauthorized|denied|authentication required/i);
  });

  step('pulls from a public project without logging in', async () => {
    const open = await newProject('open', { public: true });
    const maintainer = await newMember(open, 'maintainer');
    mustSucceed(await client.logIn(registryHost, maintainer));
    mustSucceed(await client.push(await multiLayer, `${registryHost}/${open.name}/app:v1`));
    mustSucceed(await client.logOut(registryHost));
    mustSucceed(await client.pull(`${registryHost}/${open.name}/app:v1`));
    expect((await client.inspect(`${registryHost}/${open.name}/app:v1`)).configDigest).toBe(
      (await multiLayer).config.digest,
    );
  });
}
