import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Collector, CollectorProcess, newFolder } from './collector.js';

const random = (bytes: number): string => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64');

describe('a killed log collector', () => {
  it('has everything that it acknowledged, and nothing by halves', async () => {
    const root = newFolder();
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const collector = await CollectorProcess.start(root, { HAVEN_LOG_SEGMENT_BYTES: '65536' });
      let isKilled = false;
      const send = async (sender: number): Promise<void> => {
        for (let batch = 0; !isKilled; batch += 1) {
          const mark = `${round}-${sender}-${batch};`;
          const lines = Array.from({ length: 20 }, (_, index) => `${mark} ${index} ${random(60)} whole`);
          const { status } = await collector.ingest(lines.join('\n'), '?service=killed');
          if (status === 200) acknowledged.push(mark);
        }
      };
      const senders = [0, 1, 2].map((sender) => send(sender).catch(() => undefined));
      await delay(300 + round * 100);
      await collector.end('SIGKILL');
      isKilled = true;
      await Promise.all(senders);
    }
    const again = await CollectorProcess.start(root);
    const counts = new Map<string, number>();
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await again.query(`service=killed&limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`);
      for (const { message } of page.lines) {
        expect(message).toMatch(/^\d+-\d+-\d+; \d+ \S+ whole$/);
        const [mark = ''] = message.split(' ');
        counts.set(mark, (counts.get(mark) ?? 0) + 1);
      }
      cursor = page.next;
    }
    await again.end('SIGTERM');
    rmSync(root, { recursive: true });
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(acknowledged.filter((mark) => counts.get(mark) !== 20)).toEqual([]);
  }, 30_000);
});

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stdout.write('left out: a full disk needs root, to mount a small one\n');

// Only root mounts a small disk; who is not says so above.
(isRoot ? describe : describe.skip)('a log collector on a full disk', () => {
  it('lets the oldest files go, then refuses or makes wait, and recovers', async () => {
    const root = newFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', root]);
    const collector = await Collector.start({ HAVEN_LOG_SEGMENT_BYTES: '262144' }, root);
    try {
      const fill = (mark: string): Promise<{ status: number }> =>
        collector.ingest(Array.from({ length: 300 }, () => `${mark} ${random(900)}`).join('\n'), '?service=full');
      // Some thirty megabytes: those that do not fit at once are taken when old ones are gone.
      for (let batch = 0; batch < 80; batch += 1) {
        while ((await fill(`batch-${batch};`)).status !== 200) await delay(50);
      }
      expect((await collector.messages('service=full&text=batch-79;&limit=1000')).length).toBeGreaterThanOrEqual(300);
      expect(await collector.messages('service=full&text=batch-0;')).toEqual([]);

      // Somebody else takes whatever is free, until no old file is left to go for it.
      const other = join(root, 'other');
      let pieces = 0;
      const takeAll = (): void => {
        try {
          for (;;) writeFileSync(`${other}${(pieces += 1)}`, random(65_536));
        } catch {
          // As full as it gets.
        }
      };
      const figures = async (): Promise<string> => (await collector.request('/metrics')).text();
      for (let tries = 0; !/^haven_log_segments [01]$/m.test(await figures()) && tries < 500; tries += 1) {
        takeAll();
        await fill('squeezed');
        await delay(5);
      }
      takeAll();
      for (let tries = 0; (await fill('refused')).status === 200 && tries < 50; tries += 1) takeAll();
      expect((await fill('refused')).status).toBe(507);
      expect((await collector.request('/readyz')).status).toBe(503);
      const [tcp = 0] = collector.syslogPorts.streams;
      const socket = connect(tcp, '127.0.0.1');
      await once(socket, 'connect');
      socket.end('<14>1 - h full - - - waited\n');
      socket.resume();
      // Every old file may have gone, but questions are answered.
      expect(await collector.query('service=full&limit=1')).toMatchObject({ lines: expect.any(Array) as unknown[] });

      execFileSync('sh', ['-c', `rm -f ${other}*`]);
      expect((await collector.atLeast(1, 'service=full&text=waited'))[0]?.message).toBe('waited');
      expect((await fill('taken')).status).toBe(200);
      expect((await collector.request('/readyz')).status).toBe(200);
    } finally {
      await collector.stop(true);
      execFileSync('umount', [root]);
      rmSync(root, { recursive: true });
    }
  }, 60_000);
});
