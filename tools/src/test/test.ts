import { Failure, UsageFailure } from '../failure.ts';
import { subtract, summaryLine } from './jest-counts.ts';
import { stages } from './stages.ts';
import { Workshop } from './workshop.ts';

/** Runs the named stages, or all, in their order, up to the first that fails. Returns whether all went well. */
export async function test(checkout: string, wanted: readonly string[]): Promise<boolean> {
  const unknown = wanted.find((name) => !Object.hasOwn(stages, name));
  if (unknown !== undefined) throw new UsageFailure(`no stage ${unknown}. Stages: ${Object.keys(stages).join(' ')}`);
  const shop = new Workshop(checkout);
  const chosen = Object.keys(stages).filter((name) => wanted.length === 0 || wanted.includes(name));
  const succeeded = await runInOrder(chosen, shop);
  if (succeeded) shop.remove();
  else console.log(`Kept for a look: ${shop.folder}`);
  console.log(summaryLine(shop.counts));
  return succeeded;
}

async function runInOrder(names: readonly string[], shop: Workshop): Promise<boolean> {
  for (const name of names) {
    const [from, before] = [performance.now(), shop.counts];
    const failure = await failureOf(name, shop);
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    const tests = shop.counts === before ? '' : `  ${summaryLine(subtract(shop.counts, before))}`;
    console.log(`${name.padEnd(14)}${failure === undefined ? 'ok' : 'FAILED'}  ${seconds} s${tests}`);
    if (failure === undefined) continue;
    console.log(failure.trimEnd());
    return false;
  }
  return true;
}

async function failureOf(name: string, shop: Workshop): Promise<string | undefined> {
  try {
    await stages[name]?.(shop);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    return Error.isError(error) ? (error.stack ?? error.message) : String(error);
  }
}
