import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { appendFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Collector, newFolder, type Line } from './collector.js';

const iso = (micros: number): string => new Date(micros / 1_000).toISOString();
const hour = 3_600e6;
const base = Math.floor(Date.now() / 3_600_000) * hour - 10 * hour;

async function sendTcp(port: number, bytes: string | Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.end(bytes);
  socket.resume();
  await once(socket, 'close');
}

describe('the log collector', () => {
  let collector: Collector;
  beforeAll(async () => {
    collector = await Collector.start();
  });
  afterAll(() => collector.stop());

  it('answers services only', async () => {
    for (const path of ['/query', '/tail', '/services']) {
      expect((await fetch(`${collector.url}${path}`)).status).toBe(401);
    }
    expect((await fetch(`${collector.url}/ingest`, { method: 'POST', body: 'x' })).status).toBe(401);
    expect((await fetch(`${collector.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${collector.url}/metrics`)).text()).toContain('haven_log_lines_total ');
  });

  it('finds lines by label, time, text and pattern, both ways, page by page', async () => {
    const lines = Array.from({ length: 250 }, (_, index) =>
      JSON.stringify({
        service: index % 2 === 0 ? 'even' : 'odd',
        level: index % 10 === 0 ? 'error' : 'info',
        host: 'h1',
        time: iso(base + index * 60e6),
        message: `line ${index} of many`,
      }),
    );
    expect(await collector.ingest(lines.join('\n'))).toEqual({ status: 200, accepted: 250 });
    const query = 'service=even,odd&host=h1';
    const texts = (found: Line[]): number[] => found.map(({ message }) => Number(/line (\d+)/.exec(message)?.[1]));

    for (const direction of ['forward', 'backward']) {
      const seen: number[] = [];
      let cursor = '';
      do {
        const page = await collector.query(`${query}&direction=${direction}&limit=60${cursor}`);
        expect(page.lines.length).toBeLessThanOrEqual(60);
        seen.push(...texts(page.lines));
        cursor = page.next === null ? '' : `&cursor=${page.next}`;
      } while (cursor !== '');
      const all = Array.from({ length: 250 }, (_, index) => index);
      expect(seen).toEqual(direction === 'forward' ? all : all.reverse());
    }
    const found = async (more: string): Promise<number[]> =>
      texts((await collector.query(`${query}&direction=forward${more}`)).lines);
    expect(await found('&text=line%2042%20')).toEqual([42]);
    expect(await found('&regex=line%20(7|8)%20')).toEqual([7, 8]);
    expect(await found('&level=error&limit=3')).toEqual([0, 10, 20]);
    expect(await found(`&from=${iso(base + hour)}&to=${iso(base + hour + 120e6)}`)).toEqual([60, 61]);
    expect(await found('&label=host=h2')).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=x',
    'regex=(',
    'cursor=1',
    'from=yesterday',
    'direction=up',
    'label=x',
    'host=' + ','.repeat(60),
  ])('says what is wrong with %s', async (query) => {
    const { status } = await collector.request(`/query?${query}`);
    expect([400, 422]).toContain(status);
  });

  it('takes syslog over UDP and TCP, counted and by lines, also from real senders', async () => {
    const { udp, streams } = collector.syslogPorts;
    const [tcp = 0] = streams;
    const counted = '<11>1 - h1 tcpapp - - - counted';
    const atEnd = '<11>1 - h1 tcpapp - - - at the end';
    await sendTcp(
      tcp,
      `<11>1 - h1 tcpapp - - - by line
${counted.length} ${counted}${atEnd}`,
    );
    const socket = createSocket('udp4');
    await new Promise((resolve) => {
      socket.send('<14>Nov 21 06:13:03 h2 udpapp[7]: datagram', udp ?? 0, '127.0.0.1', resolve);
    });
    socket.close();
    const lines = await collector.atLeast(3, 'service=tcpapp');
    expect(lines.map(({ message }) => message).sort()).toEqual(['at the end', 'by line', 'counted']);
    expect(lines[0]?.labels).toEqual({ service: 'tcpapp', host: 'h1', level: 'error' });
    expect((await collector.atLeast(1, 'service=udpapp'))[0]?.message).toBe('datagram');

    for (const form of [['--rfc5424'], ['--rfc3164'], ['--rfc5424', '--octet-count']]) {
      execFileSync('logger', [
        '-n',
        '127.0.0.1',
        '-P',
        String(tcp),
        '-T',
        ...form,
        '-t',
        'logger',
        `by ${form.join(' ')}`,
      ]);
    }
    const byLogger = await collector.atLeast(3, 'service=logger');
    expect(byLogger.map(({ message }) => message)).toContain('by --rfc5424 --octet-count');
  });

  it('stores whatever comes, and stays up', async () => {
    const [tcp = 0] = collector.syslogPorts.streams;
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => (byte === 10 ? 0 : byte)));
    const long = `long ${'x'.repeat(1_048_576)} cut`;
    await sendTcp(tcp, Buffer.concat([Buffer.from('<11>1 - h bad - - - '), binary, Buffer.from('\n')]));
    await sendTcp(tcp, `<11>1 - h bad - - - ${long}\n<11>1 - h bad - - - after\n`);
    const forged = `<11>1 - h bad - - - forged\n${base}\t0\t{"level":"fatal"}\tinjected`;
    await sendTcp(tcp, `${forged.length} ${forged}`);
    await sendTcp(tcp, '99999999 <11>1 - h bad - - - breaks off');
    await sendTcp(tcp, Buffer.from([0, 255, 254, 10, 10, 60, 62]));

    const lines = await collector.atLeast(4, 'service=bad');
    expect(lines.find(({ message }) => message.startsWith('\0\x01'))).toBeDefined();
    const cut = lines.find(({ message }) => message.startsWith('long '));
    expect(cut).toMatchObject({ truncated: true });
    expect(cut?.message.length).toBe(1_048_576);
    expect(lines.map(({ message }) => message)).toContain('after');
    expect(lines.find(({ message }) => message.startsWith('forged'))?.message).toBe(
      `forged\n${base}\t0\t{"level":"fatal"}\tinjected`,
    );
    expect(await collector.messages('level=fatal&text=injected')).toEqual([]);
    expect((await collector.request('/readyz')).status).toBe(200);
  });

  it('files lines in order within a window, and marks those outside it', async () => {
    const now = Date.now() * 1_000;
    const line = (seconds: number, text: string): string =>
      JSON.stringify({ service: 'order', time: iso(now + seconds * 1e6), message: text });
    await collector.ingest(
      [line(0, 'new'), line(-60, 'late'), line(-7_200, 'too late'), line(7_200, 'ahead')].join('\n'),
    );
    const lines = (await collector.query('service=order&direction=forward')).lines;
    expect(
      lines.map(({ message, out_of_order: marked = false }) => [/"message":"(.*?)"/.exec(message)?.[1], marked]),
    ).toEqual([
      ['late', false],
      ['new', false],
      ['too late', true],
      ['ahead', true],
    ]);
    expect(lines[2]?.claimed_time?.slice(0, 23)).toBe(iso(now - 7_200e6).slice(0, 23));
  });

  it('links a request id to the lines behind it', async () => {
    await collector.ingest(
      '{"level":"error","service":"core","requestId":"4f1c","message":"request failed"}\n{"level":"info","service":"nginx","requestId":"4f1c"}\n{"level":"info","service":"nginx","requestId":"other"}',
    );
    expect(await collector.messages('request_id=4f1c')).toHaveLength(2);
  });

  it('takes what is written for Loki', async () => {
    const push = (body: string, type: string): Promise<Response> =>
      collector.request('/loki/api/v1/push', { method: 'POST', body, type });
    const streams = [{ stream: { app: 'lokiapp', level: 'WARN', zone: 'a' }, values: [[`${base}000`, 'by Loki']] }];
    expect((await push(JSON.stringify({ streams }), 'application/json')).status).toBe(204);
    expect((await collector.query('service=lokiapp&label=zone=a')).lines).toMatchObject([
      { message: 'by Loki', labels: { level: 'warn', app: 'lokiapp' } },
    ]);
    expect((await push('{}', 'application/json')).status).toBe(400);
    expect((await push('no snappy', 'application/x-protobuf')).status).toBe(400);
  });

  it('shows a line to who looks on within 200 ms, and only what fits', async () => {
    const response = await collector.request('/tail?service=live&text=wanted');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    const read = async (until: string): Promise<void> => {
      while (!seen.includes(until)) seen += (await reader.read()).value ?? '';
    };
    await read('\n\n');
    const [tcp = 0] = collector.syslogPorts.streams;
    const socket = connect(tcp, '127.0.0.1');
    await once(socket, 'connect');
    const delays: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const startedAt = performance.now();
      socket.write(`<14>1 - h live - - - other\n<14>1 - h live - - - wanted ${round};\n`);
      await read(`wanted ${round};`);
      delays.push(performance.now() - startedAt);
    }
    socket.destroy();
    await reader.cancel();
    expect(seen).not.toContain('other');
    expect(Math.max(...delays)).toBeLessThan(200);
  });
});

describe('the log collector with other settings', () => {
  it('takes syslog over TLS', async () => {
    const folder = newFolder();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [...'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost'.split(' '), '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    );
    const collector = await Collector.start({
      HAVEN_LOG_SYSLOG_TLS_LISTEN: '127.0.0.1:0',
      HAVEN_LOG_SYSLOG_TLS_CERT_FILE: cert,
      HAVEN_LOG_SYSLOG_TLS_KEY_FILE: key,
    });
    const [, tls = 0] = collector.syslogPorts.streams;
    const socket = connectTls({ port: tls, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.end('31 <14>1 - h tlsapp - - - sealed12');
    socket.resume();
    const [line] = await collector.atLeast(1, 'service=tlsapp');
    expect(line?.message).toBe('sealed12');
    await collector.stop();
  });

  it('compresses full files, finds what is in them, and keeps it through a restart', async () => {
    const settings = { HAVEN_LOG_SEGMENT_BYTES: '65536' };
    const collector = await Collector.start(settings);
    for (let batch = 0; batch < 5; batch += 1) {
      const lines = Array.from({ length: 500 }, (_, index) => `number ${batch * 500 + index}; ${'filler '.repeat(30)}`);
      await collector.ingest(lines.join('\n'), '?service=rolled');
    }
    await collector.stop(true);
    const files = readdirSync(join(collector.root, 'lines/rolled'));
    expect(files.filter((file) => file.endsWith('.zst')).length).toBeGreaterThan(2);
    const again = await Collector.start(settings, collector.root);
    for (const number of [0, 777, 2_499]) {
      expect(await again.messages(`service=rolled&text=number%20${number};`)).toHaveLength(1);
    }
    let count = 0;
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await again.query(`service=rolled&limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`);
      count += page.lines.length;
      cursor = page.next;
    }
    expect(count).toBe(2_500);
    await again.stop();
  });

  it('removes the oldest files for room', async () => {
    const collector = await Collector.start({ HAVEN_LOG_SEGMENT_BYTES: '65536', HAVEN_LOG_MAX_BYTES: '1048576' });
    const random = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(300))).toString('base64');
    for (let batch = 0; batch < 20; batch += 1) {
      const lines = Array.from({ length: 400 }, (_, index) => `${batch}/${index} ${random()}`);
      await collector.ingest(lines.join('\n'), '?service=many');
    }
    const { LogStore } = await import('../src/store/log-store.js');
    const store = collector.get(LogStore);
    await store.seal();
    await store.tidy();
    expect(store.size().bytes).toBeLessThanOrEqual(1_048_576);
    expect(await collector.messages('service=many&text=19/399%20')).toHaveLength(1);
    expect(await collector.messages('service=many&text=0/0%20')).toEqual([]);
    await collector.stop();
  });

  it('follows files, also when they are put aside or emptied, and leaves nothing out while it is away', async () => {
    const logs = join(newFolder(), 'log');
    mkdirSync(logs);
    const file = join(logs, 'postgres.log');
    writeFileSync(file, '2026-11-21 06:13:03.123 UTC [17] haven-core ERROR:  one\n\tdetail\n');
    const settings = { HAVEN_LOG_FOLLOW_FOLDER: logs };
    const collector = await Collector.start(settings);
    expect((await collector.atLeast(2, 'service=postgres&level=error&direction=forward'))[1]?.message).toBe('\tdetail');
    appendFileSync(file, 'two\nhal');
    await collector.atLeast(3, 'service=postgres');
    await collector.stop(true);

    appendFileSync(file, 'f\nthree\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'four\n');
    writeFileSync(join(logs, 'core.log'), '{"level":"warn","service":"core","message":"json"}\n');
    const again = await Collector.start(settings, collector.root);
    await again.atLeast(6, 'service=postgres');
    renameSync(file, `${file}.1`);
    appendFileSync(`${file}.1`, 'five\n');
    writeFileSync(file, 'six\n');
    await again.atLeast(8, 'service=postgres');
    writeFileSync(file, '7\n');
    const lines = await again.atLeast(9, 'service=postgres&direction=forward');
    expect(lines.map(({ message }) => message.replace(/^.*ERROR: {2}/, '')).sort()).toEqual(
      ['one', '\tdetail', 'two', 'half', 'three', 'four', 'five', 'six', '7'].sort(),
    );
    expect((await again.atLeast(1, 'service=core&level=warn'))[0]?.labels['host']).not.toBe('');
    await again.stop();
  });
});
