import { Failure, UsageFailure } from '../failure.ts';
import { add, noTests, summaryLine, type Counts } from './jest-counts.ts';
import { stages } from './stages.ts';
import { StageFailure, Workshop } from './workshop.ts';

/** Runs the named stages, or all, in their order, up to the first that fails. Returns whether all went well. */
export async function test(checkout: string, wanted: readonly string[]): Promise<boolean> {
  const unknown = wanted.find((name) => !Object.hasOwn(stages, name));
  if (unknown !== undefined) throw new UsageFailure(`no stage ${unknown}. Stages: ${Object.keys(stages).join(' ')}`);
  const shop = new Workshop(checkout);
  let counts: Counts = noTests;
  let succeeded = true;
  for (const [name, stage] of Object.entries(stages)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const from = performance.now();
    const outcome = await attempt(() => stage(shop));
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    counts = add(counts, outcome.counts);
    const tests = outcome.counts === noTests ? '' : `  ${summaryLine(outcome.counts)}`;
    console.log(`${name.padEnd(12)}${outcome.failure === undefined ? 'ok' : 'FAILED'}  ${seconds} s${tests}`);
    if (outcome.failure === undefined) continue;
    console.log(`${outcome.failure.trimEnd()}\nKept for a look: ${shop.folder}`);
    succeeded = false;
    break;
  }
  if (succeeded) shop.remove();
  console.log(summaryLine(counts));
  return succeeded;
}

async function attempt(stage: () => Promise<Counts>): Promise<{ counts: Counts; failure?: string }> {
  try {
    return { counts: await stage() };
  } catch (error) {
    if (error instanceof StageFailure) return { counts: error.counts, failure: error.message };
    if (error instanceof Failure) return { counts: noTests, failure: error.message };
    return { counts: noTests, failure: Error.isError(error) ? (error.stack ?? error.message) : String(error) };
  }
}
