import { Errors } from '@haven/errors';

const maxLength = 255;

// Every alternative begins with a character that the one before it cannot take, so no input makes this backtrack.
const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const namePattern = new RegExp(`^${component}(?:/${component})*$`);

export const isRepositoryName = (text: string): boolean => text.length <= maxLength && namePattern.test(text);

/** Checks a name against the grammar of distribution-spec "Pulling manifests"; at most 255 characters; else NAME_INVALID. */
export function parseRepositoryName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw Errors.nameInvalid();
}

/** Harbor's view of a parsed name: the first segment is the project. `null` when there is only one segment. */
export function splitRepositoryName(name: string): { project: string; repository: string } | null {
  const slash = name.indexOf('/');
  return slash < 1 || slash === name.length - 1
    ? null
    : { project: name.slice(0, slash), repository: name.slice(slash + 1) };
}
