import 'reflect-metadata';
import { AppError } from '@haven/errors';
import { createLogger } from '@haven/observability';
import { runLayoutCommand } from './layout/layout-command.js';
import { parseLayoutOptions } from './layout/layout-options.js';
import { runPurgeCommand } from './purge/purge-command.js';
import { readRegistryConfig } from './registry.config.js';

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** `sync`, `index` and `purge`, with the environment of the registry. */
function run(args: readonly string[]): Promise<{ summary: object; sentence: string }> {
  if (args[0] === 'purge') {
    return runPurgeCommand(args.slice(1), readRegistryConfig(), createLogger('registry', 'silent'));
  }
  return runLayoutCommand(parseLayoutOptions(args), readRegistryConfig(), tell);
}

// Exit code 2: not meant to be called like that.
try {
  const report = await run(process.argv.slice(2));
  tell(report.sentence);
  process.stdout.write(`${JSON.stringify(report.summary)}\n`);
} catch (error) {
  const isMisused = error instanceof AppError && error.code === 'BAD_REQUEST';
  tell(Error.isError(error) ? error.message : String(error));
  process.exitCode = isMisused ? 2 : 1;
}
