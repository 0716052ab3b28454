import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { basic, makeImage, pullWhole, send, writeOciLayout, type Answer } from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import { newMember, newProject, uniqueName, type TestProject, type TestUser } from '../harness/fixtures.ts';
import { sayLeftOut } from '../harness/left-out.ts';
import { platform, registryFor, registryHost } from '../harness/platform.ts';
import { describeGoTool } from './go-tool.ts';

const { dataFolder = '' } = platform;

interface Report {
  status: string;
  report: {
    findings: Record<string, { count: number }>;
    first_findings: { digest: string; repositories?: string[] }[];
  };
}

const api = (method: string, path: string, body?: object): Promise<Answer> => {
  const { username, password } = platform.admin;
  const headers = { authorization: basic(username, password), 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return send(method, `${platform.url}/api/v2.0${path}`, { headers, ...sent });
};

/** Runs a scrub to its end, after any other that somebody has started. */
async function scrub(kind: string): Promise<Report> {
  const started = await eventually('no other scrub is under way', async () => {
    const answer = await api('POST', '/system/scrub', { kind });
    return answer.status === 409 ? undefined : answer.expect(201);
  });
  const path = `/system/scrub/${started.header('location')?.split('/').at(-1) ?? ''}`;
  return eventually('the scrub has ended', async () => {
    const report = (await api('GET', path)).expect(200).json() as Report;
    return report.status === 'Running' ? undefined : report;
  });
}

await describeGoTool('crane', ({ folder, run, must, step }) => {
  if (dataFolder === '') {
    sayLeftOut('a scrub of damaged files', 'HAVEN_TEST_DATA is not set');
    // Said above why; a group without any test would count as a failure.
    it.skip('needs the data folder of the platform', () => undefined);
    return;
  }
  let project: TestProject;
  let developer: TestUser;
  const image = makeImage({ seed: uniqueName('scrub'), layerBytes: [200_000, 3_000] });
  const at = (): string => `${registryHost}/${project.name}/app:v1`;
  const fileOf = (digest: string): string => {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(dataFolder, 'storage/docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data');
  };

  beforeAll(async () => {
    project = await newProject('scrub');
    developer = await newMember(project, 'developer');
    await writeOciLayout(join(folder, 'image'), await image, 'image');
    await must('auth', 'login', registryHost, '--username', developer.username, '--password', developer.password);
    await must('push', join(folder, 'image'), at());
  });

  step('is found, refused, and mended by pushing it again', async () => {
    const [layer] = (await image).layers;
    if (layer === undefined) throw new Error('an image without a layer');
    const { digest } = layer;
    const file = await open(fileOf(digest), 'r+');
    await file.write(Buffer.from([(layer.bytes[7] ?? 0) ^ 1]), 0, 1, 7);
    await file.close();

    const { status, report } = await scrub('integrity');
    expect(status).toBe('Success');
    expect(report.findings['corrupt']?.count).toBe(1);
    expect(report.first_findings).toContainEqual(
      expect.objectContaining({ kind: 'corrupt', digest, repositories: [`${project.name}/app`] }),
    );
    const damaged = async (): Promise<string[]> => {
      const rows = (await api('GET', '/system/scrub/damaged?page_size=100')).expect(200).json() as { digest: string }[];
      return rows.map((row) => row.digest);
    };
    expect(await damaged()).toContain(digest);
    const blob = (method: string): Promise<Answer> =>
      registryFor(developer).request(method, `/v2/${project.name}/app/blobs/${digest}`);
    expect((await blob('HEAD')).status).toBe(404);
    expect((await blob('GET')).text).toContain('push it again');
    expect((await run('validate', '--remote', at())).code).not.toBe(0);

    await must('push', join(folder, 'image'), at());
    await must('validate', '--remote', at());
    expect(await pullWhole(registryFor(developer), `${project.name}/app`, 'v1')).toBe((await image).manifest.digest);
    expect(await readFile(fileOf(digest))).toEqual(layer.bytes);
    expect(await damaged()).not.toContain(digest);
    expect((await scrub('integrity')).report.findings).toEqual({});
  });
});
