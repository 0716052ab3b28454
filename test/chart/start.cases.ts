import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  containersOf,
  ofKind,
  secretData,
  workloadsOf,
  type Container,
  type Manifest,
  type Volume,
} from './manifest.ts';

const checkout = join(import.meta.dirname, '../..');
/** What the image sets; here any free port will do. */
const imageEnv = Object.fromEntries(
  ['CORE', 'REGISTRY', 'JOBSERVICE', 'LOG_COLLECTOR', 'GC'].map((name) => [`HAVEN_${name}_LISTEN`, '127.0.0.1:0']),
);
/** There is no database at this address, so no process comes further than to look for it. */
const nowhere = { HAVEN_DATABASE_HOST: '127.0.0.1', HAVEN_DATABASE_PORT: '1', HAVEN_DATABASE_CA_FILE: '' };
/** What a process says that has read its configuration. */
const isThrough = /"listening"|ECONNREFUSED/;

/** Starts the processes of all pods with just what the chart gives them: each has to find its configuration whole. */
export function defineStartTests(rendered: ReadonlyMap<string, readonly Manifest[]>): void {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haven-pods-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['as it is', 'clusterIP, own certificate, stores outside, large'])('in the set-up "%s"', async (name) => {
    const manifests = rendered.get(name)!;
    const started: string[] = [];
    for (const { component, pod } of workloadsOf(manifests).filter(({ kind }) => kind === 'Deployment')) {
      for (const container of containersOf({ pod }).filter(({ image }) => image.startsWith('haven/haven:'))) {
        const root = join(folder, `${name.length}-${component}-${container.name}`);
        await mount(root, container, pod.volumes ?? [], manifests);
        const said = await outputOf(container.args!, { ...inside(root, container), ...nowhere });
        expect(`${component}/${container.name}: ${said}`).toMatch(isThrough);
        started.push(container.name);
      }
    }
    expect(started).toEqual(
      expect.arrayContaining(['migrate', 'await-database', 'core', 'jobservice', 'gc-controller']),
    );
    expect(started).toContain('registry');
  });
}

/** Makes the files that the container would find. */
async function mount(
  root: string,
  { volumeMounts = [] }: Container,
  volumes: readonly Volume[],
  manifests: readonly Manifest[],
): Promise<void> {
  for (const { name, mountPath } of volumeMounts) {
    const path = join(root, mountPath);
    await mkdir(path, { recursive: true });
    const { secret, projected } = volumes.find((volume) => volume.name === name)!;
    const own = secret === undefined ? [] : [{ name: secret.secretName, items: secret.items ?? [] }];
    for (const source of [...own, ...(projected?.sources ?? []).map((projection) => projection.secret)]) {
      const made = ofKind(manifests, 'Secret').find(({ metadata }) => metadata.name === source.name);
      for (const { key, path: file = key } of source.items) {
        await writeFile(join(path, file), made === undefined ? 'given by somebody else' : secretData(made)[key]!);
      }
    }
  }
}

/** The container's variables, with its folders where they are on this machine. */
function inside(root: string, { env = [], volumeMounts = [] }: Container): Record<string, string> {
  const isMounted = (path: string): boolean => volumeMounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const here = (value: string): string =>
    isMounted(value) || volumeMounts.some(({ mountPath }) => mountPath === value) ? join(root, value) : value;
  return Object.fromEntries(env.map(({ name, value = '' }) => [name, here(value)]));
}

/** What a process says until it is through or ends. */
async function outputOf([script, ...args]: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [join(checkout, script!), ...args], {
    env: { PATH: process.env['PATH'], ...imageEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (isThrough.test(said)) child.kill('SIGKILL');
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  return said;
}
