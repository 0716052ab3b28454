import { z } from 'zod';

/** Harbor's `NewTag`. Whether the name can be a tag is asked once the artifact is found. */
export const newTag = z.object({ name: z.string().min(1) });
export type NewTag = z.infer<typeof newTag>;
