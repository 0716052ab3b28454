import { makeImage, pullManifest, pushArtifact, putManifest, type Answer, type Image } from '@haven/testing/oci';
import { asAdmin, repositoryPath } from '../harness/api.client.ts';
import { uniqueBytes, usedBytes } from '../harness/charge.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { platform, registryFor } from '../harness/platform.ts';

const timeoutMs = 60_000;
const clientCount = 12;

interface Quota {
  id: number;
  ref: { id: number; name: string };
  hard: { storage: number };
  used: { storage: number };
}

/** Puts a manifest whose blobs are there, and answers what the registry said. */
const putAs = (user: TestUser, repository: string, { manifest }: Image, tag: string): Promise<Answer> =>
  registryFor(user).request('PUT', `/v2/${repository}/manifests/${tag}`, {
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
  });

const messageOf = (answer: Answer): string | undefined =>
  (answer.json() as { errors?: { message: string }[] }).errors?.[0]?.message;

async function makeRule(project: TestProject, repository: string, tag: string): Promise<string> {
  const body = {
    action: 'immutable',
    template: 'immutable_template',
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: tag }],
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repository }] },
  };
  const rules = `/projects/${project.name}/immutabletagrules`;
  const answer = (await asAdmin.post(rules, body)).expect(201);
  return `${rules}/${/(\d+)$/.exec(answer.header('location') ?? '')?.[1]}`;
}

describe('an immutable tag', () => {
  let project: TestProject;
  let developer: TestUser;
  let repository: string;
  let first: Image;
  let second: Image;

  beforeAll(async () => {
    project = await newProject('immutable');
    developer = await newMember(project, 'developer');
    repository = `${project.name}/team/app`;
    [first, second] = [await makeImage({ seed: `${project.name} 1` }), await makeImage({ seed: `${project.name} 2` })];
    await pushArtifact(registryFor(developer), repository, first, 'v1');
    await pushArtifact(registryFor(developer), repository, second, 'latest');
  }, timeoutMs);

  it('stays where it is, whoever pushes and deletes; others move', async () => {
    const rule = await makeRule(project, 'team/**', 'v*');
    const message = `Failed to process request due to '${repository}:v1' configured as immutable.`;
    const refused = await putAs(developer, repository, second, 'v1');
    expect([refused.status, messageOf(refused)]).toEqual([412, message]);
    (await putAs(developer, repository, first, 'v1')).expect(201);
    (await putAs(developer, repository, second, 'v2')).expect(201);
    (await putAs(developer, repository, first, 'latest')).expect(201);

    const path = `${repositoryPath(repository)}/artifacts`;
    const untag = await asAdmin.delete(`${path}/v1/tags/v1`);
    expect([untag.status, messageOf(untag)]).toEqual([412, message]);
    for (const what of [`${path}/${first.manifest.digest}`, repositoryPath(repository)]) {
      expect((await asAdmin.delete(what)).status).toBe(412);
    }
    for (const reference of ['v1', first.manifest.digest]) {
      const answer = await registryFor(platform.admin).request('DELETE', `/v2/${repository}/manifests/${reference}`);
      expect([answer.status, messageOf(answer)]).toEqual([412, message]);
    }
    expect((await pullManifest(registryFor(developer), repository, 'v1')).digest).toBe(first.manifest.digest);
    const shown = (await asAdmin.get(`${path}/v1/tags?with_immutable_status=true&q=name=v1`)).expect(200).json();
    expect(shown).toMatchObject([{ name: 'v1', immutable: true }]);

    (await asAdmin.delete(rule)).expect(200);
    (await putAs(developer, repository, second, 'v1')).expect(201);
  });

  it('goes to one of many clients that push it first', async () => {
    await makeRule(project, 'team/**', 'race-*');
    const images = await Promise.all(
      Array.from({ length: clientCount }, (_, n) => makeImage({ seed: `${project.name} race ${n}`, layerBytes: [50] })),
    );
    for (const image of images) await pushArtifact(registryFor(developer), repository, image);
    const answers = await Promise.all(images.map((image) => putAs(developer, repository, image, 'race-1')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: clientCount - 1 }, () => 412),
    ]);
    const winner = images[answers.findIndex(({ status }) => status === 201)];
    const stored = await pullManifest(registryFor(developer), repository, 'race-1');
    expect(stored.digest).toBe(winner?.manifest.digest);
  });
});

describe('a quota', () => {
  let project: TestProject;
  let developer: TestUser;
  let repository: string;
  let path: string;

  const quota = async (): Promise<Quota> => {
    const list = (await asAdmin.get(`/quotas?reference=project&reference_id=${project.id}`)).expect(200);
    const [found] = list.json() as [Quota];
    return found;
  };
  const limitTo = async (bytes: number): Promise<void> => {
    (await asAdmin.put(`/quotas/${(await quota()).id}`, { hard: { storage: bytes } })).expect(200);
  };

  beforeEach(async () => {
    project = await newProject('quota');
    developer = await newMember(project, 'developer');
    repository = `${project.name}/app`;
    path = `${repositoryPath(repository)}/artifacts`;
  }, timeoutMs);

  it('refuses what goes beyond it, and takes it once something was deleted', async () => {
    const client = registryFor(developer);
    const [first, second] = [
      await makeImage({ seed: `${project.name} 1`, layerBytes: [40_000] }),
      await makeImage({ seed: `${project.name} 2`, layerBytes: [40_000] }),
    ];
    await pushArtifact(client, repository, first, 'v1');
    expect((await quota()).used.storage).toBe(uniqueBytes([first]));
    await limitTo(uniqueBytes([first]) + 10_000);
    (await putAs(developer, repository, first, 'v1')).expect(201);
    const blob = second.blobs.find(({ size }) => size > 10_000)!;
    const upload = await client.request('POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, {
      headers: { 'content-type': 'application/octet-stream' },
      body: blob.bytes,
    });
    expect([upload.status, upload.errorCodes]).toEqual([403, ['DENIED']]);
    expect(messageOf(upload)).toMatch(
      /^adding [\d.]+ KiB of storage resource, which when updated to current usage of [\d.]+ KiB will exceed the configured upper limit of [\d.]+ KiB\.$/,
    );
    await expect(pushArtifact(client, repository, second, 'v2')).rejects.toThrow('DENIED');
    (await asAdmin.delete(`${path}/v1`)).expect(200);
    await pushArtifact(client, repository, second, 'v2');
  });

  it('is never exceeded by many clients at once, and frees all that is deleted', async () => {
    const images = await Promise.all(
      Array.from({ length: clientCount }, (_, n) => makeImage({ seed: `${project.name} ${n}`, layerBytes: [20_000] })),
    );
    const limit = uniqueBytes(images.slice(0, clientCount / 2));
    await limitTo(limit);
    const outcomes = await Promise.allSettled(
      images.map((image, n) => pushArtifact(registryFor(developer), repository, image, `v${n}`)),
    );
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(refusals.length).toBeGreaterThanOrEqual(clientCount / 2);
    for (const refusal of refusals) expect(refusal).toContain('DENIED');
    expect(await usedBytes(project)).toBeLessThanOrEqual(limit);
    await limitTo(-1);
    for (const [n, image] of images.entries()) await pushArtifact(registryFor(developer), repository, image, `v${n}`);
    expect(await usedBytes(project)).toBe(uniqueBytes(images));
    (await asAdmin.delete(repositoryPath(repository))).expect(200);
    expect((await quota()).used.storage).toBe(0);
  });

  it('is put right without anything being refused meanwhile', async () => {
    const client = registryFor(developer);
    const images = await Promise.all(
      Array.from({ length: 6 }, (_, n) => makeImage({ seed: uniqueName('sync'), layerBytes: [1_000 + n] })),
    );
    const sync = async (): Promise<void> => {
      (await asAdmin.post('/../internal/syncquota', undefined)).expect(200);
    };
    await Promise.all([...images.map((image, n) => pushArtifact(client, repository, image, `v${n}`)), sync(), sync()]);
    await sync();
    expect(await usedBytes(project)).toBe(uniqueBytes(images));
    await putManifest(client, repository, images[0]!.manifest, 'again');
  });
});
