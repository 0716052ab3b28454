import { Errors } from '@haven/errors';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * For a rule whose breach Harbor answers with 400 rather than 422:
 * `z.string().refine(isStrong, badRequest('the password is too weak'))`.
 */
export const badRequest = (error: string): { error: string; params: { badRequest: true } } => ({
  error,
  params: { badRequest: true },
});

/** A value of the wrong JSON type could not even be read, which is 400; one that breaks a rule is 422. */
const isBadRequest = (issue: Issue): boolean =>
  (issue.code === 'invalid_type' && issue.input !== undefined && issue.input !== null) ||
  (issue.code === 'custom' && issue.params?.['badRequest'] === true);

const sentence = (issue: Issue): string => {
  const field = issue.path.map(String).join('.');
  const missing = issue.code === 'invalid_type' && (issue.input === undefined || issue.input === null);
  return `${field === '' ? 'body' : `${field} in body`}: ${missing ? 'is required' : issue.message}`;
};

/**
 * Checks a request body and gives it its type. Fields that the schema does not know are dropped.
 * @throws UNPROCESSABLE_ENTITY that names each wrong field, or BAD_REQUEST for a wrong JSON type or a rule that says so
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const message = issues.map(sentence).join('; ');
  throw issues.some(isBadRequest) ? Errors.badRequest(message) : Errors.unprocessable(message);
}
