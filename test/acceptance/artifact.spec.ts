import {
  locationOf,
  makeChart,
  makeImage,
  makeReferrer,
  makeTwoPlatformIndex,
  pullWhole,
  pushArtifact,
  sha256,
  type Artifact,
  type Index,
} from '@haven/testing/oci';
import { asNobody, repositoryPath, type ApiClient } from '../harness/api.client.ts';
import { addMember, newMember, newProject, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { registryFor } from '../harness/platform.ts';

const timeoutMs = 60_000;
type Row = Record<string, unknown>;

const rowOf = async (api: ApiClient, path: string): Promise<Row> => (await api.get(path)).expect(200).json() as Row;
const artifactsOf = (repository: string): string => `${repositoryPath(repository)}/artifacts`;

describe('copies', () => {
  let from: TestProject;
  let to: TestProject;
  let developer: TestUser;
  let source: string;
  let index: Index;
  let signature: Artifact;

  const copy = (target: string, what: string, api = developer.api) =>
    api.post(`${artifactsOf(target)}?from=${encodeURIComponent(what)}`, undefined);

  beforeAll(async () => {
    [from, to] = [await newProject('copy-from'), await newProject('copy-to')];
    developer = await newMember(from, 'developer');
    await addMember(to, developer, 'developer');
    source = `${from.name}/team/app`;
    index = await makeTwoPlatformIndex({ seed: source, layerBytes: [200_000] });
    await pushArtifact(registryFor(developer), source, index, 'v1');
    const payload = Buffer.from('a signature');
    signature = makeReferrer({
      subject: index.manifest,
      artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
      payload,
    });
    await pushArtifact(registryFor(developer), source, signature);
  }, timeoutMs);

  it('are whole: the index, its images, its signature and its tag, and can be pulled', async () => {
    const target = `${to.name}/promoted/app`;
    const answer = (await copy(target, `${source}:v1`)).expect(201);
    expect(locationOf(answer)).toMatch(/\/artifacts\/v1$/);
    expect(await rowOf(developer.api, `${artifactsOf(target)}/v1?with_accessory=true`)).toMatchObject({
      digest: index.manifest.digest,
      references: index.children.map(({ manifest }) => ({ child_digest: manifest.digest })),
      accessories: [{ type: 'signature.cosign', digest: signature.manifest.digest }],
    });
    const pulled = await pullWhole(registryFor(developer), target, 'v1');
    expect(pulled).toBe(index.manifest.digest);
    const { manifests } = (
      await registryFor(developer).request('GET', `/v2/${target}/referrers/${index.manifest.digest}`)
    )
      .expect(200)
      .json() as { manifests: Row[] };
    expect(manifests).toEqual([expect.objectContaining({ digest: signature.manifest.digest })]);
  });

  it('outlive what they were made from', async () => {
    const image = await makeImage({ seed: `${source}-moved` });
    const [old, target] = [`${from.name}/moved`, `${to.name}/moved`];
    await pushArtifact(registryFor(developer), old, image, 'v1');
    (await copy(target, `${old}@${image.manifest.digest}`)).expect(201);
    const maintainer = await newMember(from, 'maintainer');
    (await maintainer.api.delete(repositoryPath(old))).expect(200);
    expect(await pullWhole(registryFor(developer), target, 'v1')).toBe(image.manifest.digest);
  });

  it('are refused of what cannot be read, cannot stand alone, or is not there', async () => {
    const target = `${to.name}/refused`;
    const stranger = await newMember(to, 'developer');
    expect((await copy(target, `${source}:v1`, stranger.api)).status).toBe(403);
    expect((await copy(target, `${source}@${signature.manifest.digest}`)).status).toBe(403);
    expect((await copy(target, `${source}:none`)).status).toBe(404);
    expect((await copy(target, source)).status).toBe(400);
    expect((await developer.api.get(repositoryPath(target))).status).toBe(404);
  });
});

describe('additions', () => {
  let developer: TestUser;
  let chart: string;
  let image: string;

  beforeAll(async () => {
    const project = await newProject('additions');
    developer = await newMember(project, 'developer');
    chart = `${artifactsOf(`${project.name}/charts/web`)}/1.2.3`;
    image = `${artifactsOf(`${project.name}/app`)}/v1`;
    const made = await makeChart({
      name: 'web',
      version: '1.2.3',
      files: {
        'Chart.yaml':
          'apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies:\n  - name: db\n    version: ^1\n    repository: oci://example.com/charts\n',
        'values.yaml': '# How many\nreplicas: 2\n',
        'README.md': '# Web\n',
      },
    });
    await pushArtifact(registryFor(developer), `${project.name}/charts/web`, made, '1.2.3');
    await pushArtifact(registryFor(developer), `${project.name}/app`, await makeImage({ seed: image }), 'v1');
  }, timeoutMs);

  it('tell how an image was built', async () => {
    const answer = (await developer.api.get(`${image}/additions/build_history`)).expect(200);
    expect(answer.json()).toEqual([
      { created: '2020-01-01T00:00:00Z', created_by: expect.stringMatching(/^COPY/) as string },
    ]);
    expect((await developer.api.get(`${image}/additions/values.yaml`)).status).toBe(400);
  });

  it('show what a chart holds, where the chart says', async () => {
    const shown = await rowOf(developer.api, chart);
    expect(shown).toMatchObject({ type: 'CHART', extra_attrs: { name: 'web', version: '1.2.3' } });
    const links = shown['addition_links'] as Record<string, { href: string }>;
    const read = async (name: string) => {
      const { href = '' } = links[name] ?? {};
      const answer = (await developer.api.get(href.replace('/api/v2.0', ''))).expect(200);
      return [answer.header('content-type'), answer.text];
    };
    expect(await read('values.yaml')).toEqual(['text/plain; charset=utf-8', '# How many\nreplicas: 2\n']);
    expect(await read('readme.md')).toEqual(['text/markdown; charset=utf-8', '# Web\n']);
    expect(await read('dependencies')).toEqual([
      'application/json; charset=utf-8',
      JSON.stringify([{ name: 'db', version: '^1', repository: 'oci://example.com/charts' }]),
    ]);
    expect((await asNobody.get(`${chart}/additions/values.yaml`)).status).toBe(401);
  });
});

describe('accessories', () => {
  it('are told apart by what they are, and go with their subject', async () => {
    const project = await newProject('accessories');
    const maintainer = await newMember(project, 'maintainer');
    const repository = `${project.name}/app`;
    const subject = await makeImage({ seed: repository });
    await pushArtifact(registryFor(maintainer), repository, subject, 'v1');
    const types = new Map([
      ['application/vnd.dev.sigstore.bundle.v0.3+json', 'signature.cosign'],
      ['application/vnd.cncf.notary.signature', 'signature.notation'],
      ['application/vnd.goharbor.harbor.sbom.v1', 'sbom.harbor'],
      ['application/spdx+json', 'subject.accessory'],
    ]);
    for (const artifactType of types.keys()) {
      const payload = Buffer.from(artifactType);
      await pushArtifact(
        registryFor(maintainer),
        repository,
        makeReferrer({ subject: subject.manifest, artifactType, payload }),
      );
    }
    const artifact = `${artifactsOf(repository)}/v1`;
    const list = (await maintainer.api.get(`${artifact}/accessories?sort=id&page_size=3`)).expect(200);
    expect(list.header('x-total-count')).toBe('4');
    expect((list.json() as Row[]).map(({ type }) => type)).toEqual([...types.values()].slice(0, 3));
    const sbom = (await maintainer.api.get(`${artifact}/additions/sbom`)).expect(200);
    expect(sbom.text).toBe('application/vnd.goharbor.harbor.sbom.v1');
    expect((await maintainer.api.get(artifactsOf(repository))).header('x-total-count')).toBe('1');
    (await maintainer.api.delete(artifact)).expect(200);
    expect((await maintainer.api.get(`${artifactsOf(repository)}?q=base=*`)).header('x-total-count')).toBe('0');
  });
});

describe('icons', () => {
  it('are had by anybody for every artifact', async () => {
    const project = await newProject('icons');
    const developer = await newMember(project, 'developer');
    const image = await makeImage({ seed: project.name });
    await pushArtifact(registryFor(developer), `${project.name}/app`, image, 'v1');
    const { icon } = await rowOf(developer.api, `${artifactsOf(`${project.name}/app`)}/v1`);
    expect(await rowOf(asNobody, `/icons/${String(icon)}`)).toEqual({
      'content-type': expect.stringMatching(/^image\//) as string,
      content: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) as string,
    });
    expect((await asNobody.get(`/icons/${sha256('no icon')}`)).status).toBe(404);
  });
});
