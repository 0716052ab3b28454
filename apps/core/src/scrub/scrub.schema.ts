import { z } from 'zod';

/** What is to be scrubbed; `force` goes on where the store looks like another one, or like one that is breaking. */
export const scrubBody = z.object({ kind: z.enum(['orphans', 'integrity']), force: z.boolean().nullish() });
export type ScrubBody = z.infer<typeof scrubBody>;
