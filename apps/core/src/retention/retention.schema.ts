import { Errors } from '@haven/errors';
import { badRequest } from '@haven/http';
import { compileDoublestar, retentionTemplates, type RetentionRule } from '@haven/models';
import { assertUserCron } from '@haven/queue';
import { z } from 'zod';

const mostRules = 15;
const text = z
  .string()
  .max(1_024, badRequest('a text of a rule has at most 1024 characters'))
  .nullish()
  .transform((value) => value ?? '');
const selectors = z.array(z.object({ kind: text, decoration: text, pattern: text, extras: text })).max(100);

/** Harbor's RetentionPolicy. */
export const retentionBody = z.object({
  algorithm: text,
  rules: z
    .array(
      z.object({
        disabled: z
          .boolean()
          .nullish()
          .transform((value) => value ?? false),
        action: text,
        template: text,
        params: z
          .record(z.string().max(64), z.unknown())
          .nullish()
          .transform((value) => value ?? {}),
        tag_selectors: selectors.nullish().transform((value) => value ?? []),
        scope_selectors: z
          .record(z.string().max(64), selectors)
          .nullish()
          .transform((value) => value ?? {}),
      }),
    )
    .max(1_000)
    .nullish(),
  trigger: z.object({ kind: text, settings: z.object({ cron: z.unknown().optional() }).nullish() }).nullish(),
  scope: z.object({ level: text, ref: z.int().nullish() }).nullish(),
});
export type RetentionBody = z.infer<typeof retentionBody>;

/** `confirm` is Haven's own: goes on although more would be deleted than is allowed without a word. */
export const startBody = z.object({ dry_run: z.boolean().nullish(), confirm: z.boolean().nullish() });
export const operateBody = z.object({ action: z.string().max(16) });

export interface RetentionWishes {
  projectId: number;
  rules: RetentionRule[];
  triggerKind: string;
  cron: string;
}

/** Harbor's rules for a policy. @throws AppError BAD_REQUEST, CONFLICT for two rules that are the same */
export function requireRetention(body: RetentionBody): RetentionWishes {
  const rules = body.rules ?? [];
  if (rules.length > mostRules) throw Errors.badRequest(`only ${mostRules} rules are allowed at most`);
  assertDistinct(rules);
  if (body.algorithm !== 'or') throw Errors.badRequest('Algorithm: Must match or');
  const level = body.scope?.level ?? '';
  if (level !== 'project') throw Errors.badRequest(`scope ${level} is not support`);
  const projectId = body.scope?.ref ?? 0;
  if (projectId <= 0 || projectId >= 2 ** 31) throw Errors.badRequest(`invalid Project id ${projectId}`);
  for (const rule of rules) assertRule(rule);
  const triggerKind = body.trigger?.kind ?? '';
  if (triggerKind !== '' && triggerKind !== 'Schedule') throw Errors.badRequest(`not support Trigger ${triggerKind}`);
  const cron = body.trigger?.settings?.cron ?? '';
  if (typeof cron !== 'string') {
    throw Errors.badRequest('invalid cron type for scheduled tag retention: must be a string');
  }
  if (cron !== '') assertUserCron(cron);
  return { projectId, rules, triggerKind, cron };
}

function assertDistinct(rules: readonly RetentionRule[]): void {
  const known = new Map<string, number>();
  rules.forEach((rule, index) => {
    const same = known.get(JSON.stringify(rule));
    if (same !== undefined) throw Errors.conflict(`rule ${index} is conflict with rule ${same}`);
    known.set(JSON.stringify(rule), index);
  });
}

function assertRule(rule: RetentionRule): void {
  if (rule.action !== 'retain') throw Errors.badRequest('Action: Must match retain');
  const template = retentionTemplates[rule.template];
  if (template === undefined) throw Errors.badRequest(`unknown template ${rule.template}`);
  const parameter = rule.params[rule.template];
  if (parameter !== undefined && template.most > 0) {
    if (typeof parameter !== 'number' || !Number.isSafeInteger(parameter)) {
      throw Errors.badRequest(`${rule.template} type error`);
    }
    if (parameter < 0) throw Errors.badRequest(`${rule.template} is less than zero`);
    if (parameter > template.most) throw Errors.badRequest(`${rule.template} is too large`);
  }
  assertSelectors(rule.tag_selectors, ['matches', 'excludes']);
  assertSelectors(rule.scope_selectors['repository'] ?? [], ['repoMatches', 'repoExcludes']);
}

function assertSelectors(given: RetentionRule['tag_selectors'], decorations: readonly string[]): void {
  for (const { kind, decoration, pattern } of given) {
    if (kind !== 'doublestar') throw Errors.badRequest('Kind: Must match doublestar');
    if (!decorations.includes(decoration)) throw Errors.badRequest(`unknown decoration ${decoration}`);
    if (pattern !== '' && compileDoublestar(pattern) === null) throw Errors.badRequest(`invalid pattern ${pattern}`);
  }
}
