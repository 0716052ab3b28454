import 'reflect-metadata';
import { AppError } from '@haven/errors';
import { runLayoutCommand } from './layout/layout-command.js';
import { parseLayoutOptions } from './layout/layout-options.js';
import { readRegistryConfig } from './registry.config.js';

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

// `command.js sync` and `command.js index`, with the environment of the registry. Exit code 2: not meant to be called like that.
try {
  const report = await runLayoutCommand(parseLayoutOptions(process.argv.slice(2)), readRegistryConfig(), tell);
  tell(report.sentence);
  process.stdout.write(`${JSON.stringify(report.summary)}\n`);
} catch (error) {
  const isMisused = error instanceof AppError && error.code === 'BAD_REQUEST';
  tell(Error.isError(error) ? error.message : String(error));
  process.exitCode = isMisused ? 2 : 1;
}
