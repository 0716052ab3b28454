import { Errors } from '@haven/errors';
import { badRequest } from '@haven/http';
import { compileDoublestar } from '@haven/models';
import { z } from 'zod';

const text = z
  .string()
  .max(1_024, badRequest('a text of a rule has at most 1024 characters'))
  .nullish()
  .transform((value) => value ?? '');
const selectors = z.array(z.object({ kind: text, decoration: text, pattern: text, extras: text })).max(100);

/** Harbor's ImmutableRule. */
export const immutableRuleBody = z.object({
  disabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  priority: z
    .int()
    .nullish()
    .transform((value) => value ?? 0),
  action: text,
  template: text,
  params: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .nullish()
    .transform((value) => value ?? {}),
  tag_selectors: selectors.nullish().transform((value) => value ?? []),
  scope_selectors: z
    .record(z.string(), selectors)
    .nullish()
    .transform((value) => value ?? {}),
});

export type ImmutableRuleBody = z.infer<typeof immutableRuleBody>;

/** The rule as it is stored: what of the body says which tags are meant. */
export type TagFilter = Omit<ImmutableRuleBody, 'disabled'>;

const tagDecorations: readonly string[] = ['matches', 'excludes'];
const repositoryDecorations: readonly string[] = ['repoMatches', 'repoExcludes'];
const longestPattern = 255;
const longestFilter = 16_384;
/** Half of a character, which no database takes. */
const halfCharacter = /\\ud[89a-f]/;

function requireSelector(
  selector: ImmutableRuleBody['tag_selectors'][number] | undefined,
  decorations: readonly string[],
  what: string,
): void {
  const { kind = '', decoration = '', pattern = '' } = selector ?? {};
  const isFit = kind === 'doublestar' && decorations.includes(decoration) && pattern.length <= longestPattern;
  if (!isFit || pattern === '' || compileDoublestar(pattern) === null)
    throw Errors.badRequest(`the rule has no usable ${what} selector`);
}

/** @throws AppError BAD_REQUEST for a rule that could cover nothing */
export function requireTagFilter({ disabled: _disabled, ...filter }: ImmutableRuleBody): TagFilter {
  if (filter.action !== '' && filter.action !== 'immutable') throw Errors.badRequest('the action has to be immutable');
  if (filter.template !== '' && filter.template !== 'immutable_template') {
    throw Errors.badRequest('the template has to be immutable_template');
  }
  requireSelector(filter.tag_selectors[0], tagDecorations, 'tag');
  requireSelector(filter.scope_selectors['repository']?.[0], repositoryDecorations, 'repository');
  const stored = JSON.stringify(filter);
  if (stored.length > longestFilter || halfCharacter.test(stored)) throw Errors.badRequest('the rule cannot be stored');
  return { ...filter, action: 'immutable', template: 'immutable_template' };
}
