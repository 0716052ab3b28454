import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImage, writeOciLayout } from '@haven/testing/oci';
import { findGoTool } from '../clients/go-tool.ts';
import { mustRun, run, type Outcome } from '../harness/command.ts';
import { describeUnless } from '../harness/left-out.ts';
import { OwnPlatform } from '../harness/own-platform.ts';

const crane = findGoTool('crane');
const isWanted = process.env['HAVEN_TEST_CHAOS'] === '1';
const reason = !isWanted ? 'HAVEN_TEST_CHAOS is not 1' : crane === undefined ? 'crane is not installed' : undefined;
const clients = 3;
const pushes = 15;
const mostTries = 20;

describeUnless(reason, 'an image that is pushed while it is collected', () => {
  let platform: OwnPlatform;
  let folder: string;
  const host = (): string => new URL(platform.url).host;
  const env = (): Record<string, string> => ({ HOME: folder, DOCKER_CONFIG: join(folder, 'docker') });
  const call = (...args: string[]): Promise<Outcome> => run(crane!, args, { env: env() });
  const must = (...args: string[]): Promise<string> => mustRun(crane!, args, { env: env() });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haven-collected-'));
    // No trash and no window: what was deleted goes at once, whatever a push may hope for.
    platform = await OwnPlatform.start({ GC_TIME_WINDOW_HOURS: '0', HAVEN_TRASH_DAYS: '0' });
    await platform.newProject('collected');
    const image = await makeImage({ seed: 'collected', layerBytes: [50_000, 3_000] });
    await writeOciLayout(join(folder, 'image'), image, 'image');
    await must('auth', 'login', host(), '--username', platform.admin.username, '--password', platform.admin.password);
  }, 300_000);
  afterAll(async () => {
    await platform.remove();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('finds its layers or uploads them again, and can be pulled whole after each push', async () => {
    const counts = { pushed: 0, triedAgain: 0, existing: 0, uploaded: 0, collections: 0 };
    const over = new AbortController();
    const collecting = (async () => {
      while (!over.signal.aborted) {
        await collect();
        counts.collections += 1;
      }
    })();
    const pushAndDelete = async (client: number): Promise<void> => {
      const name = `${host()}/collected/app-${client}`;
      for (let nth = 0; nth < pushes; nth += 1) {
        const { output } = await push(`${name}:v${nth}`);
        counts.pushed += 1;
        counts.existing += output.match(/existing blob/g)?.length ?? 0;
        counts.uploaded += output.match(/pushed blob/g)?.length ?? 0;
        await must('validate', '--remote', `${name}:v${nth}`);
        const digest = (await must('digest', `${name}:v${nth}`)).trim();
        await must('delete', `${name}@${digest}`);
      }
    };
    /** A layer that a push has found may go before its manifest comes: then the registry says so, and it is pushed again. */
    const push = async (reference: string): Promise<Outcome> => {
      for (let tries = 0; ; tries += 1) {
        const outcome = await call('push', join(folder, 'image'), reference);
        if (outcome.code === 0) return outcome;
        expect(outcome.output).toMatch(/BLOB_UNKNOWN|NAME_UNKNOWN|UNSUPPORTED/);
        expect(tries).toBeLessThan(mostTries);
        counts.triedAgain += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, client) => pushAndDelete(client))).finally(() => {
      over.abort();
    });
    await collecting;
    process.stderr.write(`pushed while collected: ${JSON.stringify(counts)}\n`);
    expect(counts.collections).toBeGreaterThan(0);
    expect(counts.uploaded).toBeGreaterThan(clients);
    expect(await platform.usedBytes('collected')).toBe(0);
  }, 300_000);

  /** One collection by hand, to its end. */
  async function collect(): Promise<void> {
    const schedule = { schedule: { type: 'Manual' }, parameters: { empty_trash: true } };
    (await platform.api('POST', '/system/gc/schedule', schedule)).expect(201);
    for (;;) {
      const [last] = (await platform.api('GET', '/system/gc?page_size=1')).expect(200).json() as {
        job_status: string;
      }[];
      if (last?.job_status !== 'Pending' && last?.job_status !== 'Running') return;
    }
  }
});
