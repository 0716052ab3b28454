import { ByteBudget } from './byte-budget.js';

/** Takes bytes and notes in `admitted` when they came. */
const taking = (budget: ByteBudget, bytes: number, admitted: number[], signal?: AbortSignal): Promise<void> =>
  budget.take(bytes, signal).then(() => {
    admitted.push(bytes);
  });

describe('ByteBudget', () => {
  it('gives what is free and takes it back', async () => {
    const budget = new ByteBudget(10);
    await budget.take(4);
    expect(budget.tryTake(6)).toBe(true);
    expect(budget.tryTake(1)).toBe(false);
    expect(budget.usedBytes).toBe(10);
    budget.giveBack(10);
    expect(budget.usedBytes).toBe(0);
  });

  it('serves in the order of arrival, and lets nobody past one that waits for more', async () => {
    const budget = new ByteBudget(10);
    const admitted: number[] = [];
    await budget.take(8);
    const all = Promise.all([taking(budget, 9, admitted), taking(budget, 1, admitted), taking(budget, 2, admitted)]);
    expect(budget.tryTake(1)).toBe(false);
    budget.giveBack(8);
    await Promise.resolve();
    expect(budget.usedBytes).toBe(10);
    budget.giveBack(9);
    await all;
    expect(admitted).toEqual([9, 1, 2]);
    expect(budget.usedBytes).toBe(3);
  });

  it('lets one that gave up go, and serves those behind it', async () => {
    const budget = new ByteBudget(10);
    const admitted: number[] = [];
    const controller = new AbortController();
    await budget.take(8);
    const first = taking(budget, 9, admitted, controller.signal);
    const second = taking(budget, 2, admitted);
    controller.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await second;
    expect(admitted).toEqual([2]);
    budget.giveBack(10);
    expect(budget.usedBytes).toBe(0);
  });

  it('refuses a signal that has fired, and ignores one that fires later', async () => {
    const budget = new ByteBudget(10);
    await expect(budget.take(1, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    const controller = new AbortController();
    await budget.take(10, controller.signal);
    const waiting = budget.take(3, controller.signal);
    budget.giveBack(10);
    await waiting;
    controller.abort();
    expect(budget.usedBytes).toBe(3);
  });

  it('refuses what it can never give', async () => {
    const budget = new ByteBudget(10);
    expect(() => budget.tryTake(11)).toThrow(RangeError);
    await expect(budget.take(11)).rejects.toThrow(RangeError);
  });
});
