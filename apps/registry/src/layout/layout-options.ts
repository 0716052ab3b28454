import { parseArgs } from 'node:util';
import { Errors } from '@haven/errors';

export type LayoutOptions =
  | { command: 'sync'; force: boolean }
  /** `from` is null for our own storage root. `project` takes repositories whose names have no project. */
  | { command: 'index'; from: string | null; project: string; verify: boolean };

export const usage = `usage: command.js sync [--force]
       command.js index [--from <root>] [--project <name>] [--verify]
       command.js purge [--older-than <hours>]`;

/** As core wants them. */
const projectName = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

const flags = {
  sync: { force: { type: 'boolean' } },
  index: { from: { type: 'string' }, project: { type: 'string' }, verify: { type: 'boolean' } },
} as const;

/** Reads the command line. @throws AppError BAD_REQUEST with what is wrong and how it is used */
export function parseLayoutOptions(argv: readonly string[]): LayoutOptions {
  const [command, ...args] = argv;
  if (command === 'sync') return { command, force: read(args, flags.sync).force ?? false };
  if (command !== 'index') throw Errors.badRequest(usage);
  const { from = null, project = 'library', verify = false } = read(args, flags.index);
  if (!projectName.test(project) || project.length > 255)
    throw Errors.badRequest(`--project is no project name\n${usage}`);
  if (from === '') throw Errors.badRequest(`--from is empty\n${usage}`);
  return { command, from, project, verify };
}

function read<F extends NonNullable<Parameters<typeof parseArgs>[0]>['options'] & {}>(args: string[], options: F) {
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    throw Errors.badRequest(`${Error.isError(cause) ? cause.message : 'bad arguments'}\n${usage}`, { cause });
  }
}
