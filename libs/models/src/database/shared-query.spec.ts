import { setImmediate as nextTurn } from 'node:timers/promises';
import { SharedQuery } from './shared-query.js';

/** A database that answers when it is told to, and remembers what it was asked. */
class SlowDatabase {
  readonly statements: string[][] = [];
  private readonly pending: PromiseWithResolvers<undefined>[] = [];
  readonly query = new SharedQuery<string, string>(async (asks) => {
    this.statements.push([...asks]);
    const gate = Promise.withResolvers<undefined>();
    this.pending.push(gate);
    await gate.promise;
    return asks.map((ask) => (ask === 'missing' ? null : `${ask}!`));
  });

  ask(...asks: string[]): Promise<(string | null)[]> {
    return Promise.all(asks.map((ask) => this.query.find(ask, ask)));
  }

  async answerNext(): Promise<void> {
    this.pending.shift()?.resolve(undefined);
    await nextTurn();
    await nextTurn();
  }

  async failNext(): Promise<void> {
    this.pending.shift()?.reject(new Error('away'));
    await nextTurn();
    await nextTurn();
  }
}

describe('SharedQuery', () => {
  it('asks at once for what comes together, each thing once, and tells everyone their own answer', async () => {
    const db = new SlowDatabase();
    const answers = db.ask('a', 'b', 'a', 'missing');
    await nextTurn();
    expect(db.statements).toEqual([['a', 'b', 'missing']]);
    await db.answerNext();
    expect(await answers).toEqual(['a!', 'b!', 'a!', null]);
  });

  it('never answers with a statement that began before it was asked', async () => {
    const db = new SlowDatabase();
    const first = db.ask('a');
    await nextTurn();
    const second = db.ask('a');
    await nextTurn();
    expect(db.statements).toEqual([['a'], ['a']]);
    await db.answerNext();
    await db.answerNext();
    expect([await first, await second]).toEqual([['a!'], ['a!']]);
  });

  it('gathers what comes while two statements are under way', async () => {
    const db = new SlowDatabase();
    const answers: Promise<unknown>[] = [];
    for (const ask of ['a', 'b', 'c', 'd']) {
      answers.push(db.ask(ask));
      await nextTurn();
    }
    expect(db.statements).toEqual([['a'], ['b']]);
    await db.answerNext();
    expect(db.statements).toEqual([['a'], ['b'], ['c', 'd']]);
    await db.answerNext();
    await db.answerNext();
    expect(await Promise.all(answers)).toEqual([['a!'], ['b!'], ['c!'], ['d!']]);
  });

  it('sends no statement that is too long', async () => {
    const db = new SlowDatabase();
    const asks = Array.from({ length: 300 }, (_, index) => String(index));
    const answers = db.ask(...asks);
    for (let turn = 0; turn < 4; turn += 1) await nextTurn();
    for (let turn = 0; turn < 3; turn += 1) await db.answerNext();
    expect(await answers).toEqual(asks.map((ask) => `${ask}!`));
    expect(Math.max(...db.statements.map((statement) => statement.length))).toBeLessThanOrEqual(128);
  });

  it('fails those whose statement failed, and goes on with the others', async () => {
    const db = new SlowDatabase();
    const failing = db.ask('a', 'b');
    const failed = expect(failing).rejects.toThrow('away');
    await nextTurn();
    const later = db.ask('c');
    await db.failNext();
    await failed;
    await db.answerNext();
    expect(await later).toEqual(['c!']);
  });
});
