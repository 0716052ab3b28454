import { Periodic } from './periodic.js';

describe('Periodic', () => {
  it('does its work again and again, never twice at once', async () => {
    let running = 0;
    let most = 0;
    let turns = 0;
    const enough = Promise.withResolvers<undefined>();
    const periodic = new Periodic({
      everyMs: 1,
      work: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 3));
        running -= 1;
        turns += 1;
        if (turns === 3) enough.resolve(undefined);
      },
      onError: () => undefined,
    });
    periodic.start();
    await enough.promise;
    await periodic.stop();
    expect([most, running]).toEqual([1, 0]);
    const done = turns;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(turns).toBe(done);
  });

  it('tells of a failure and goes on', async () => {
    const told: unknown[] = [];
    const failure = new Error('broken');
    const periodic = new Periodic({
      everyMs: 60_000,
      work: () => Promise.reject(failure),
      onError: (error) => told.push(error),
    });
    await periodic.runNow();
    await periodic.runNow();
    expect(told).toEqual([failure, failure]);
  });

  it('tells work under way that it is to stop, and waits for it', async () => {
    let ended = false;
    const periodic = new Periodic({
      everyMs: 60_000,
      work: async (signal) => {
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
        ended = true;
      },
      onError: () => undefined,
    });
    void periodic.runNow();
    await periodic.stop();
    expect(ended).toBe(true);
  });
});
