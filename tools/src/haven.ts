import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { bench } from './bench.ts';
import { down } from './down.ts';
import { Failure, UsageFailure } from './failure.ts';
import { logs } from './logs.ts';
import { parseRequest } from './options.ts';
import { isRoot } from './owner.ts';
import { runRegistryCommand } from './registry-command.ts';
import { status } from './status.ts';
import { test } from './test/test.ts';
import { up } from './up.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** Returns the exit code. */
async function main(): Promise<number> {
  const around = { env: process.env, isRoot: isRoot(), home: homedir(), cwd: process.cwd() };
  const request = parseRequest(process.argv.slice(2), around);
  switch (request.command) {
    case 'up':
      await up(request.options, checkout);
      return 0;
    case 'down':
      await down(request.dataFolder);
      return 0;
    case 'status':
      return (await status(request.dataFolder)) ? 0 : 1;
    case 'logs':
      await logs(request.dataFolder, request.parts, request.follow);
      return 0;
    case 'registry':
      return runRegistryCommand(checkout, request.dataFolder, request.args);
    case 'test':
      return (await test(checkout, request.stages)) ? 0 : 1;
    case 'bench':
      return bench(checkout, request.args);
  }
}

// A reader that leaves early, such as head, must not break off a start in its middle.
process.stdout.on('error', () => undefined);

try {
  process.exitCode = await main();
} catch (error) {
  // Anything but a Failure is a fault of ours, and its stack is wanted.
  console.error(error instanceof Failure ? `haven: ${error.message}` : error);
  process.exitCode = error instanceof UsageFailure ? 2 : 1;
}
