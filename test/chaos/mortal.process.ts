import { open } from 'node:fs/promises';
import * as disk from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/**
 * Loaded into a service before the service itself: kills the process at one of its steps, as a loss of power would. A step is
 * a statement to the database or an act on a file. MORTAL_STEPS says how many it may take; the last is not taken, or is taken
 * and its answer never heard.
 */
let left = Number(process.env['MORTAL_STEPS']);
const isHeard = left % 2 === 0;

type Act = (this: unknown, ...args: unknown[]) => unknown;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('dead');
}

const mortal = (act: Act): Act =>
  function take(this: unknown, ...args) {
    left -= 1;
    if (left > 0) return act.apply(this, args);
    if (isHeard) die();
    const taken = act.apply(this, args);
    // What was handed over is on its way by then.
    setImmediate(die);
    return taken;
  };

function wrap(target: object, names: readonly string[]): void {
  const acts = target as Record<string, Act>;
  for (const name of names) {
    const act = acts[name];
    if (act === undefined) throw new Error(`there is no ${name} to wrap`);
    acts[name] = mortal(act);
  }
}

const handle = await open('/dev/null');
wrap(Object.getPrototypeOf(handle) as object, ['writev', 'sync', 'datasync']);
await handle.close();
wrap((disk as unknown as { default: object }).default, ['open', 'rename', 'unlink', 'mkdir', 'writeFile', 'rm']);
syncBuiltinESMExports();
const services = createRequire(join(process.env['MORTAL_PACKAGE'] ?? '', 'package.json'));
wrap((services('pg') as { Client: { prototype: object } }).Client.prototype, ['query']);
