import { z } from 'zod';

/** What of a repository can be changed: its description. Left out, it becomes empty, as with Harbor. */
export const repositoryChange = z.object({
  description: z
    .string()
    .max(65_535)
    .nullish()
    .transform((text) => text ?? ''),
});
export type RepositoryChange = z.infer<typeof repositoryChange>;
