import { z } from 'zod';

/** distribution's notification envelope, as far as core reads it; `count` and the ids are Haven's own additions. */
export const registryEvent = z.object({
  id: z.uuid(),
  timestamp: z.iso.datetime({ offset: true }),
  action: z.enum(['push', 'pull', 'delete', 'mount', 'refuse']),
  target: z.object({
    repository: z.string(),
    digest: z.string().optional(),
    tag: z.string().optional(),
  }),
  request: z.object({ id: z.string().optional(), addr: z.string().optional() }).optional(),
  actor: z.object({ name: z.string().optional() }).optional(),
  /** How many equal pulls the event stands for. */
  count: z.number().int().positive().default(1),
  projectId: z.number().int().optional(),
  repositoryId: z.number().int().optional(),
  artifactId: z.number().int().optional(),
  /** Why a push was refused: Haven's own action `refuse`. */
  reason: z.string().optional(),
  /** Tags that went with a deleted artifact. */
  tags: z.array(z.string()).default([]),
  /** Ids of the platforms that a replicated change has come through. */
  origin: z.array(z.string()).max(64).default([]),
  /** The trace of the request that made the change, as the W3C writes it. */
  traceparent: z.string().max(128).optional(),
});
export type RegistryEvent = z.infer<typeof registryEvent>;

export const notification = z.object({ events: z.array(registryEvent).max(10_000) });
