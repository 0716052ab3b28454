import { identify, isAlive, parseListeners, parsePss, parseStat, signal } from './process-table.ts';

describe('parseStat', () => {
  const tail = '1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200';

  it('finds state, parent and start time', () => {
    expect(parseStat(`4242 (node) S ${tail}`)).toEqual({ state: 'S', parentPid: 1, startTicks: 987654 });
  });

  it('is not misled by the name of the program', () => {
    expect(parseStat(`4242 (a) Z 9 (b) R ${tail}`)).toEqual({ state: 'R', parentPid: 1, startTicks: 987654 });
  });
});

describe('a process identity', () => {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this process does not run');

  it('holds for the process it was taken from', () => {
    expect(isAlive(self)).toBe(true);
  });

  it.each([
    ['started at another time', { ...self, startTicks: self.startTicks - 1 }],
    ['started before the last boot', { ...self, bootId: 'another' }],
  ])('does not hold for a process with the same id that was %s, and sends it no signal', (_what, other) => {
    expect(isAlive(other)).toBe(false);
    expect(signal(other, 'SIGKILL')).toBe(false);
  });
});

describe('parsePss', () => {
  it('is in bytes', () => {
    expect(parsePss('55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:  9000 kB\nPss:  1234 kB\nPss_Dirty: 7 kB\n')).toBe(
      1234 * 1024,
    );
  });

  it('is nothing where the kernel tells nothing', () => {
    expect(parsePss('')).toBe(0);
  });
});

describe('parseListeners', () => {
  it('finds listening sockets on both kinds of addresses', () => {
    const text = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1111 1 0 100',
      '   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2222 1 0 20',
      '   2: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 3333 1',
      '',
    ].join('\n');
    expect(parseListeners(text)).toEqual([
      { port: 8080, inode: '1111' },
      { port: 443, inode: '3333' },
    ]);
  });
});
