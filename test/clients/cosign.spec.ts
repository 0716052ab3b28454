import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeImage, pullManifest, pushArtifact, send } from '@haven/testing/oci';
import { asAdmin, repositoryPath } from '../harness/api.client.ts';
import { usedBytes } from '../harness/charge.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { basicHeader, platform, registryFor, registryHost } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

const overHttp = ['--allow-insecure-registry', '--allow-http-registry'];

await describeGoTool('cosign', ({ folder, run, must, step }) => {
  let project: TestProject;
  let maintainer: TestUser;
  const repository = (name: string): string => `${project.name}/${name}`;
  const [key, publicKey] = [join(folder, 'key.key'), join(folder, 'key.pub')];
  const trustedRoot = join(folder, 'trusted-root.json');

  beforeAll(async () => {
    project = await newProject('cosign');
    maintainer = await newMember(project, 'maintainer');
    await must('generate-key-pair', '--output-key-prefix', join(folder, 'key'));
    // An empty one, so that no verification asks the internet for the public one.
    await must('trusted-root', 'create', '--out', trustedRoot);
    await mkdir(join(folder, 'docker'), { recursive: true });
    const auth = Buffer.from(`${maintainer.username}:${maintainer.password}`).toString('base64');
    await writeFile(join(folder, 'docker/config.json'), JSON.stringify({ auths: { [registryHost]: { auth } } }));
  });

  /** Pushes an image, and answers its digest and its name by digest. */
  async function pushImage(name: string): Promise<{ digest: string; reference: string }> {
    const image = await makeImage({ seed: uniqueName(name) });
    await pushArtifact(registryFor(maintainer), repository(name), image, 'v1');
    const { digest } = image.manifest;
    return { digest, reference: `${registryHost}/${repository(name)}@${digest}` };
  }

  const sign = (reference: string, ...how: string[]): Promise<string> =>
    must('sign', '--key', key, '--tlog-upload=false', '--yes', ...overHttp, ...how, reference);

  const verify = (reference: string, ...how: string[]): Promise<string> =>
    must('verify', '--key', publicKey, '--insecure-ignore-tlog=true', ...overHttp, ...how, reference);

  async function accessoryTypes(name: string, digest: string): Promise<string[]> {
    const answer = await asAdmin.get(`${repositoryPath(repository(name))}/artifacts/${digest}/accessories`);
    return (answer.expect(200).json() as { type: string }[]).map(({ type }) => type);
  }

  async function tags(name: string): Promise<string[]> {
    const answer = await registryFor(maintainer).request('GET', `/v2/${repository(name)}/tags/list`);
    return (answer.expect(200).json() as { tags: string[] }).tags;
  }

  step('does not verify what nobody signed', async () => {
    const { reference } = await pushImage('bare');
    const { code, output } = await run(
      'verify',
      '--key',
      publicKey,
      '--insecure-ignore-tlog=true',
      ...overHttp,
      reference,
    );
    expect(code).not.toBe(0);
    expect(output).toMatch(/no signatures found/i);
  });

  step('signs in tag form and verifies', async () => {
    const { digest, reference } = await pushImage('tagged');
    await sign(reference);
    await verify(reference);
    expect(await tags('tagged')).toContain(`${digest.replace(':', '-')}.sig`);
    expect(await accessoryTypes('tagged', digest)).toEqual(['signature.cosign']);
  });

  step('signs twice in tag form, which pushes a tag again', async () => {
    const { reference } = await pushImage('twice');
    await sign(reference, '-a', 'who=first');
    await sign(reference, '-a', 'who=second');
    await verify(reference, '-a', 'who=first');
    await verify(reference, '-a', 'who=second');
  });

  step('signs in the bundle format, as a referrer without a tag, and verifies', async () => {
    const { digest, reference } = await pushImage('bundled');
    await sign(reference, '--new-bundle-format');
    await verify(reference, '--new-bundle-format', '--trusted-root', trustedRoot);
    const path = `/v2/${repository('bundled')}/referrers/${digest}`;
    const list = (await registryFor(maintainer).request('GET', path)).expect(200);
    const { manifests } = list.json() as { manifests: { digest: string; artifactType: string }[] };
    expect(manifests.map(({ artifactType }) => artifactType)).toEqual([expect.stringContaining('sigstore.bundle')]);
    await pullManifest(registryFor(maintainer), repository('bundled'), manifests[0]!.digest);
    expect(await tags('bundled')).toEqual(['v1']);
  });

  step('verifies an image that was deleted and restored, as it did before', async () => {
    const { digest, reference } = await pushImage('restored');
    await sign(reference);
    const used = await usedBytes(project);
    const path = repositoryPath(repository('restored'));
    (await asAdmin.delete(`${path}/artifacts/${digest}`)).expect(200);
    expect(
      (await run('verify', '--key', publicKey, '--insecure-ignore-tlog=true', ...overHttp, reference)).code,
    ).not.toBe(0);
    const without = await usedBytes(project);
    expect(without).toBeLessThan(used);
    const trash = `/projects/${project.name}/trash`;
    const size = (await asAdmin.get(`${trash}/size`)).expect(200).json();
    expect(size).toEqual({ artifacts: 2, storage: used - without });
    const restored = (await asAdmin.post(`${trash}/repositories/restored/restore`, undefined)).expect(200).json();
    expect(restored).toMatchObject({ digests: { total: 2 }, tags: { total: 2 }, incomplete: { total: 0 } });
    await verify(reference);
    expect(await tags('restored')).toEqual([`${digest.replace(':', '-')}.sig`, 'v1']);
    expect(await accessoryTypes('restored', digest)).toEqual(['signature.cosign']);
    expect(await usedBytes(project)).toBe(used);
    // Counted anew, it is the same.
    (await send('POST', `${platform.url}/api/internal/syncquota`, { headers: basicHeader(platform.admin) })).expect(
      200,
    );
    expect(await usedBytes(project)).toBe(used);
  });

  step('copies an image with its signatures', async () => {
    const { reference } = await pushImage('source');
    await sign(reference);
    await must('copy', ...overHttp, reference, `${registryHost}/${repository('copied')}:v1`);
    await verify(`${registryHost}/${repository('copied')}:v1`);
  });
});
