import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { sql } from '@haven/models';
import { pack } from 'tar-stream';
import { ContentBuilder, digestOf, type Wanted } from './content-builder.js';
import { admin, CoreApp } from './core-app.js';

const imageConfig = 'application/vnd.oci.image.config.v1+json';
const chartConfig = 'application/vnd.cncf.helm.config.v1+json';
const foreignLayer = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const sbomType = 'application/vnd.goharbor.harbor.sbom.v1';
const chartLayer = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/** Stands for the registry: hands out blobs to whoever shows the internal credential. */
const blobs = new Map<string, Buffer>();
let registry: Server;
/** Whether answers of the registry end in their middle. */
let isBreaking = false;
let core: CoreApp;
let content: ContentBuilder;

async function pushBlob(bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes.toString('latin1') + String(blobs.size));
  blobs.set(digest, bytes);
  await core.db.run(sql('INSERT INTO blob (digest, size) VALUES ($1, $2)', digest, bytes.length));
  await content.startUpload('app');
  await core.db.run(
    sql(
      `INSERT INTO repository_blob (repository_id, digest, lease_until)
       SELECT repository_id, $1, now() + interval '1 hour' FROM repository WHERE name = 'additions/app'`,
      digest,
    ),
  );
  return digest;
}

/** A media type, bytes, and for a file of a model where it lies. */
type Part = readonly [string, Buffer, string?];

async function push(
  type: string,
  config: Part,
  layers: Part | readonly Part[],
  tag: string,
  wanted: Wanted = {},
): Promise<string> {
  const parts = [config, ...((Array.isArray(layers[0]) ? layers : [layers]) as readonly Part[])];
  const descriptors = [];
  for (const [mediaType, bytes, path] of parts) {
    const annotations = path === undefined ? {} : { 'org.cncf.model.filepath': path };
    descriptors.push({ mediaType, digest: await pushBlob(bytes), size: bytes.length, annotations });
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptors[0],
    layers: descriptors.slice(1),
  };
  const blobDigests = descriptors.map(({ digest }) => digest);
  return content.push('app', JSON.stringify(manifest), { tag, type, blobDigests, ...wanted });
}

const pushChart = async (tag: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> =>
  push('CHART', [chartConfig, Buffer.from(tag)], [chartLayer, await archive(files)], tag);

async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return buffer(tar);
}

const archive = async (files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> =>
  gzipSync(await tarOf(files));

const artifact = (tag: string) => `/projects/additions/repositories/app/artifacts/${tag}`;
const read = async (tag: string, addition: string) => {
  const url = `/api/v2.0${artifact(tag)}/additions/${addition}`;
  return core.raw('GET', url, admin);
};

beforeAll(async () => {
  registry = createServer((request, response) => {
    if (request.url === '/internal/capacity') {
      response.writeHead(200).end('{"totalBytes":1000,"freeBytes":0}');
      return;
    }
    const bytes = blobs.get(request.url?.split('/').at(-1) ?? '');
    if (request.headers.authorization !== core.asService['authorization']) response.writeHead(401).end();
    else if (bytes === undefined) response.writeHead(404).end();
    else if (isBreaking) {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 10), () => response.destroy());
    } else response.writeHead(200).end(bytes);
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  core = await CoreApp.start({ env: { HAVEN_REGISTRY_URL: `http://127.0.0.1:${port}` } });
  content = new ContentBuilder(core.db, await core.createProject('additions', admin, true), 'additions');

  const history = [{ created: '2026-01-01T00:00:00Z', created_by: 'RUN make', empty_layer: true }];
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', history }));
  const layer = ['application/vnd.oci.image.layer.v1.tar', Buffer.from('l')] as const;
  const image = await push('IMAGE', [imageConfig, config], layer, 'image');
  await push('IMAGE', [imageConfig, Buffer.from('no json')], layer, 'odd');
  await content.pushIndex('app', 'an index', [{ digest: image }], 'index');
  await push(
    'SBOM',
    [sbomType, Buffer.from('{}')],
    ['application/json', Buffer.from('{"spdxVersion":"2.3"}')],
    'sbom',
    {
      subjectDigest: image,
      accessory: { type: 'sbom.harbor', subjectDigest: image },
    },
  );
  await pushChart('chart', {
    'app/Chart.yaml': 'name: app\ndependencies:\n  - name: db\n    version: 1.x\n    repository: oci://charts.example',
    'app/values.yaml': 'replicas: 3 # drei\n',
    'app/README.md': '# App\n<script>alert(1)</script>',
    'app/charts/db/README.md': 'not this one',
  });
  await pushChart('bare', { 'x/Chart.yaml': 'name: x' });
  await pushChart('first-version', {
    'x/Chart.yaml': 'name: x',
    'x/requirements.yaml': 'dependencies: [{ name: old }]',
  });
  await pushChart('bomb', { 'x/filler': Buffer.alloc(70 * 1024 * 1024), 'x/values.yaml': 'a: 1' });
  await pushChart('large-file', { 'x/values.yaml': Buffer.alloc(5 * 1024 * 1024, 'a') });
  await pushChart('bad-yaml', { 'x/Chart.yaml': ': [' });
  await push('CHART', [chartConfig, Buffer.from('{}')], [chartLayer, Buffer.from('no gzip')], 'damaged');
  await push(
    'CNAI',
    ['application/vnd.cncf.model.config.v1+json', Buffer.from('{}')],
    [
      ['application/vnd.cncf.model.weight.v1.raw', Buffer.from('weights'), 'parts/model-1.safetensors'],
      ['application/vnd.cncf.model.doc.v1.tar', await tarOf({ 'README.md': '# Model' }), 'README.md'],
      ['application/vnd.cncf.model.doc.v1.raw', Buffer.from('MIT'), 'LICENSE'],
    ],
    'model',
  );
  await push('CNAI', ['application/vnd.cncf.model.config.v1+json', Buffer.from('{}')], layer, 'bare-model');
}, 30_000);
afterAll(async () => {
  await core.stop();
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
});

it('tells how much room the blob store has', async () => {
  expect((await core.get('/systeminfo/volumes', admin)).body).toEqual({ storage: [{ total: 1000, free: 0 }] });
});

describe('additions', () => {
  it('tell how an image was built', async () => {
    const answer = await read('image', 'build_history');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(answer.text)).toEqual([
      { created: '2026-01-01T00:00:00Z', created_by: 'RUN make', empty_layer: true },
    ]);
    expect((await read('odd', 'build_history')).text).toBe('[]');
  });

  it('show the files of a chart', async () => {
    const values = await read('chart', 'values.yaml');
    expect([values.headers['content-type'], values.text]).toEqual([
      'text/plain; charset=utf-8',
      'replicas: 3 # drei\n',
    ]);
    const readme = await read('chart', 'readme.md');
    expect(readme.headers).toMatchObject({
      'content-type': 'text/markdown; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(readme.text).toContain('# App');
    expect(JSON.parse((await read('chart', 'dependencies')).text)).toEqual([
      { name: 'db', version: '1.x', repository: 'oci://charts.example' },
    ]);
    expect([(await read('bare', 'readme.md')).text, (await read('bare', 'dependencies')).text]).toEqual(['', '[]']);
  });

  it('show what a chart of the first version needs', async () => {
    expect(JSON.parse((await read('first-version', 'dependencies')).text)).toEqual([{ name: 'old' }]);
  });

  it('show the documents of a model, and what it consists of', async () => {
    expect((await read('model', 'readme.md')).text).toBe('# Model');
    const license = await read('model', 'license');
    expect([license.text, license.headers['content-type']]).toEqual(['MIT', 'text/plain; charset=utf-8']);
    expect(JSON.parse((await read('model', 'files')).text)).toEqual([
      { name: 'parts', type: 'directory', children: [{ name: 'model-1.safetensors', type: 'file', size: 7 }] },
      { name: 'LICENSE', type: 'file', size: 3 },
      { name: 'README.md', type: 'file', size: 2048 },
    ]);
  });

  it('show an SBOM, asked of itself or of what it is about', async () => {
    for (const tag of ['sbom', 'image']) {
      const answer = await read(tag, 'sbom');
      expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
        200,
        sbomType,
        '{"spdxVersion":"2.3"}',
      ]);
    }
  });

  it('open no blob that the artifact only names', async () => {
    const secret = await pushBlob(Buffer.from('a secret of another project'));
    const layer = { mediaType: foreignLayer, digest: secret, size: 27, urls: ['https://example.com/x'] };
    const config = { mediaType: sbomType, digest: secret, size: 27 };
    const manifest = { schemaVersion: 2, config, layers: [layer] };
    for (const [type, addition] of [
      ['SBOM', 'sbom'],
      ['IMAGE', 'build_history'],
      ['CHART', 'values.yaml'],
    ] as const) {
      await content.push('app', JSON.stringify({ ...manifest, annotations: { type } }), { type, tag: 'thief' });
      expect((await read('thief', addition)).status).toBe(404);
    }
  });

  it('are linked from the artifact', async () => {
    const shown = (await core.get(artifact('chart'), admin)).body as {
      digest: string;
      addition_links: Record<string, { href: string; absolute: boolean }>;
    };
    expect(Object.keys(shown.addition_links)).toEqual(['values.yaml', 'readme.md', 'dependencies']);
    expect(shown.addition_links['readme.md']).toEqual({
      href: `/api/v2.0${artifact(shown.digest)}/additions/readme.md`,
      absolute: false,
    });
    const { href = '' } = shown.addition_links['values.yaml'] ?? {};
    expect((await core.raw('GET', href, admin)).text).toBe('replicas: 3 # drei\n');
  });

  it.each([
    ['image', 'values.yaml', 400],
    ['image', 'license', 400],
    ['index', 'build_history', 400],
    ['odd', 'sbom', 400],
    ['image', 'nonsense', 422],
    ['image', 'vulnerabilities', 404],
    ['missing', 'vulnerabilities', 404],
    ['chart', 'build_history', 400],
    ['chart', 'license', 400],
    ['damaged', 'values.yaml', 400],
    ['bad-yaml', 'dependencies', 400],
    ['bomb', 'values.yaml', 400],
    ['large-file', 'values.yaml', 400],
    ['bare-model', 'license', 404],
    ['missing', 'build_history', 404],
  ])('of %s: %s is %d', async (tag, addition, status) => {
    expect((await read(tag, addition)).status).toBe(status);
  });
});

describe('icons', () => {
  const icon = async (digest: string) => core.get(`/icons/${digest}`);

  it('are had by anybody, for every artifact', async () => {
    const shown = (await core.get(artifact('image'), admin)).body as { icon: string };
    const { status, body } = await icon(shown.icon);
    const { content: text, ...rest } = body as { content: string };
    expect([status, rest]).toEqual([200, { 'content-type': 'image/svg+xml' }]);
    expect(Buffer.from(text, 'base64').toString()).toMatch(/^<svg xmlns=/);
  });

  it('are those that artifacts bring', async () => {
    const picture = Buffer.from('\x89PNG\r\n\x1a\npicture', 'latin1');
    const digest = await pushBlob(picture);
    expect((await icon(digest)).status).toBe(404);
    await content.push('app', 'with a picture', { tag: 'pictured', icon: digest, blobDigests: [digest] });
    expect((await core.get(artifact('pictured'), admin)).body).toMatchObject({ icon: digest });
    expect((await icon(digest)).body).toEqual({ 'content-type': 'image/png', content: picture.toString('base64') });
  });

  it('are nothing but pictures', async () => {
    const page = await pushBlob(Buffer.from('<svg onload="alert(1)"/>'));
    const large = await pushBlob(Buffer.concat([Buffer.from('GIF8'), Buffer.alloc(2 * 1024 * 1024)]));
    await content.push('app', 'with a page', { icon: page, blobDigests: [page] });
    await content.push('app', 'with a large picture', { icon: large, blobDigests: [large] });
    const elsewhere = await pushBlob(Buffer.from('GIF8 of somebody else'));
    await content.push('app', 'with the picture of another', { icon: elsewhere });
    for (const digest of [elsewhere, page, large, 'sha256:short', 'x'.repeat(500), `sha256:${'0'.repeat(64)}`]) {
      expect((await icon(digest)).status).toBe(404);
    }
  });
});

describe('what stands on the registry', () => {
  it('answers 503 when the registry goes away in the middle', async () => {
    isBreaking = true;
    expect((await read('chart', 'values.yaml')).status).toBe(503);
    isBreaking = false;
  });

  it('answers 404 when the bytes are gone, and 503 while the registry is away', async () => {
    blobs.clear();
    expect((await read('image', 'build_history')).status).toBe(404);
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
    expect((await read('image', 'build_history')).status).toBe(503);
  });
});
