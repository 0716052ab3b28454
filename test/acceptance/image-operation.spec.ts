import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { contentOf, makeImage, pullWhole, pushArtifact, uploadBlob } from '@haven/testing/oci';
import { findGoTool } from '../clients/go-tool.ts';
import { asAdmin, asNobody } from '../harness/api.client.ts';
import { eventually } from '../harness/eventually.ts';
import { newMember, newProject, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { describeUnless } from '../harness/left-out.ts';
import { OperationStream } from '../harness/operation-stream.ts';
import { platform, registryFor, registryHost } from '../harness/platform.ts';

const timeoutMs = 60_000;

let project: TestProject;
let other: TestProject;
let owner: TestUser;
let stranger: TestUser;

beforeAll(async () => {
  [project, other] = await Promise.all([newProject('watched'), newProject('unwatched')]);
  [owner, stranger] = await Promise.all([newMember(project, 'projectAdmin'), newMember(other, 'guest')]);
}, timeoutMs);

type Row = Record<string, number | string>;

/** The one row of a project's traffic of this hour, once it is as wanted. */
const trafficWhere = (isWanted: (row: Row) => boolean): Promise<Row> =>
  eventually('the traffic', async () => {
    const [row] = (await owner.api.get(`/projects/${project.name}/reports/traffic`)).expect(200).json() as Row[];
    return row !== undefined && isWanted(row) ? row : undefined;
  });

const transfersOf = async (user: TestUser, kind: 'push' | 'pull'): Promise<Row[]> =>
  (await user.api.get(`/operations/transfers?project=${project.name}&kind=${kind}`)).expect(200).json() as Row[];

it('is for those who have said who they are', async () => {
  (await asNobody.get('/operations/transfers')).expect(401);
  (await asNobody.get('/operations/stream')).expect(401);
  (await asNobody.get('/reports/traffic')).expect(401);
  (await owner.api.get('/reports/traffic')).expect(403);
  (await stranger.api.get(`/projects/${project.name}/reports/traffic`)).expect(403);
  (await asAdmin.get('/reports/traffic')).expect(200);
});

const regctl = findGoTool('regctl');
describeUnless(regctl === undefined ? 'not installed' : undefined, 'a slow push by regctl', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haven-operation-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(
    'is seen while it runs, by members only, and in the report when it is over',
    async () => {
      const before = await owner.api.get(`/projects/${project.name}/reports/traffic`);
      expect(before.json()).toEqual([]);
      const [member, outsider] = await Promise.all([
        OperationStream.open(platform.url, owner),
        OperationStream.open(platform.url, stranger),
      ]);
      const login = `reg=${registryHost},tls=disabled,user=${owner.username},pass=${owner.password}`;
      const args = ['--host', login, 'blob', 'put', `${registryHost}/${project.name}/slow`];
      const client = spawn(regctl!, args, { env: { HOME: folder }, stdio: ['pipe', 'ignore', 'inherit'] });
      const ended = once(client, 'exit');
      const pieces = Array.from({ length: 5 }, () => randomBytes(1_200_000));
      let isOver = false;
      const feeding = (async () => {
        for (const piece of pieces) {
          client.stdin.write(piece);
          await delay(1_000);
        }
        client.stdin.end();
        await ended;
        isOver = true;
      })();
      const { data } = await member.sees(
        'the push',
        ({ event, data }) => event === 'transfer' && Number(data['bytes']) > 0,
      );
      expect(isOver).toBe(false);
      expect(data).toMatchObject({
        ...{ kind: 'push', state: 'running', repository_name: `${project.name}/slow`, username: owner.username },
        ...{ address: expect.any(String) as string, bytes_per_second: expect.any(Number) as number },
      });
      expect((await transfersOf(owner, 'push')).map(({ id }) => id)).toEqual([data['id']]);
      expect(await transfersOf(stranger, 'push')).toEqual([]);
      await feeding;
      expect(await ended).toEqual([0, null]);
      await member.sees('its end', ({ data: seen }) => seen['id'] === data['id'] && seen['state'] === 'ended');
      await trafficWhere((row) => row['bytes_in'] === 6_000_000);
      expect(await transfersOf(owner, 'push')).toEqual([]);
      expect(outsider.told).toEqual([]);
      for (const stream of [member, outsider]) stream.close();
    },
    timeoutMs,
  );
});

it(
  'reports a push and a pull, to the byte',
  async () => {
    const stream = await OperationStream.open(platform.url, owner, '?kind=push,pull');
    const image = await makeImage({ seed: project.name, layerBytes: [300_000, 4_000] });
    const { bytes_in: inBefore = 0 } = ((
      (await owner.api.get(`/projects/${project.name}/reports/traffic`)).json() as Row[]
    )[0] ?? {}) as { bytes_in?: number };
    await pushArtifact(registryFor(owner), `${project.name}/app`, image, 'v1');
    const { data } = await stream.sees('the push', ({ event }) => event === 'push');
    expect(data).toMatchObject({ repository_name: `${project.name}/app`, digest: image.manifest.digest, tag: 'v1' });
    const size = [image.manifest, ...image.blobs].reduce((sum, { size }) => sum + size, 0);
    await trafficWhere((row) => row['pushes'] === 1 && row['bytes_in'] === inBefore + size);

    await pullWhole(registryFor(owner), `${project.name}/app`, 'v1');
    await stream.sees('the pull', ({ event }) => event === 'pull');
    await trafficWhere((row) => row['pulls'] === 1 && row['bytes_out'] === size);
    stream.close();
    const path = `/projects/${project.name}/reports/top-images?rank=bytes_out&format=csv`;
    const { text } = (await owner.api.get(path)).expect(200);
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'project_name,repository_name,pushes,pulls,deletes,failures,bytes_in,bytes_out',
      `${project.name},${project.name}/app,1,1,0,0,${size},${size}`,
    ]);
  },
  timeoutMs,
);

it(
  'counts what a pull had that broke off, and that it failed',
  async () => {
    const client = registryFor(owner);
    const blob = contentOf('application/octet-stream', randomBytes(40_000_000));
    await uploadBlob(client, `${project.name}/broken`, blob);
    const token = await client.fetchToken({
      ...{ realm: `${platform.url}/service/token`, service: 'harbor-registry' },
      scope: `repository:${project.name}/broken:pull`,
    });
    const stopping = new AbortController();
    const answer = await fetch(`${platform.url}/v2/${project.name}/broken/blobs/${blob.digest}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: stopping.signal,
    });
    expect(answer.status).toBe(200);
    // Nobody reads on: it stands still, and is shown for as long.
    const [pull] = await eventually('the pull', async () => {
      const seen = await transfersOf(owner, 'pull');
      return seen.length === 1 ? seen : undefined;
    });
    expect(pull).toMatchObject({ kind: 'pull', digest: blob.digest, total_bytes: blob.size });
    stopping.abort();
    await eventually('its end', async () => ((await transfersOf(owner, 'pull')).length === 0 ? true : undefined));
    const rows = await eventually('the failure', async () => {
      const seen = (await owner.api.get(`/projects/${project.name}/reports/failures`)).json() as Row[];
      return seen.length > 0 ? seen : undefined;
    });
    expect(rows).toMatchObject([{ repository_name: `${project.name}/broken`, pull_failures: 1, push_failures: 0 }]);
    const { bytes_out: out } = await trafficWhere((row) => row['failures'] === 1);
    expect(Number(out)).toBeLessThan(blob.size);
  },
  timeoutMs,
);
