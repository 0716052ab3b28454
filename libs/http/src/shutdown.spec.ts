import { stopOnSignals } from './shutdown.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A process that can be sent signals and remembers how it exits. */
function fakeProcess() {
  const listeners = new Map<string, (signal: string) => void>();
  const exits: number[] = [];
  return {
    exits,
    send: (signal: string) => listeners.get(signal)?.(signal),
    on: (signal: string, listener: (signal: string) => void) => listeners.set(signal, listener),
    exit: (code: number) => exits.push(code),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('stopOnSignals', () => {
  it('stops once and exits with 0', async () => {
    const target = fakeProcess();
    let stops = 0;
    const stop = (): Promise<void> => {
      stops += 1;
      return Promise.resolve();
    };
    stopOnSignals(stop, silent, target);
    target.send('SIGTERM');
    await settled();
    expect({ stops, exits: target.exits }).toEqual({ stops: 1, exits: [0] });
  });

  it('exits with 1 when the stop fails', async () => {
    const target = fakeProcess();
    stopOnSignals(() => Promise.reject(new Error('stuck')), silent, target);
    target.send('SIGINT');
    await settled();
    expect(target.exits).toEqual([1]);
  });

  it('exits at once on a second signal', async () => {
    const target = fakeProcess();
    stopOnSignals(() => new Promise(() => undefined), silent, target);
    target.send('SIGTERM');
    await settled();
    expect(target.exits).toEqual([]);
    target.send('SIGINT');
    expect(target.exits).toEqual([1]);
  });
});
