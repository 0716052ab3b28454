import { StorageHealth } from './storage-health.js';

describe('StorageHealth', () => {
  const counting = (outcome: () => Promise<void>) => {
    const store = {
      probes: 0,
      checkHealth: () => {
        store.probes += 1;
        return outcome();
      },
    };
    return store;
  };

  it('tries the store out once, however many ask within a few seconds', async () => {
    const store = counting(() => Promise.resolve());
    const health = new StorageHealth(store);
    await Promise.all([health.check(), health.check()]);
    await health.check();
    expect(store.probes).toBe(1);
  });

  it('remembers a failure just as long', async () => {
    const store = counting(() => Promise.reject(new Error('full')));
    const health = new StorageHealth(store);
    await expect(health.check()).rejects.toThrow('full');
    await expect(health.check()).rejects.toThrow('full');
    expect(store.probes).toBe(1);
  });

  it('sends no second probe after one that hangs', () => {
    const store = counting(() => new Promise(() => undefined));
    const health = new StorageHealth(store);
    for (let turn = 0; turn < 5; turn += 1) void health.check();
    expect(store.probes).toBe(1);
  });
});
