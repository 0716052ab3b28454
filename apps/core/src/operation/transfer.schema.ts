import { z } from 'zod';

const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

/** A push or a pull as a process of the registry tells of it. */
export const transfer = z.object({
  /** Of the upload, or of the request together with the digest. */
  id: z.string().max(512),
  kind: z.enum(['push', 'pull']),
  projectId: z.number().int(),
  repository: z.string().max(255),
  digest: z.string().max(255).optional(),
  /** Empty for anonymous. */
  username: z.string().max(512),
  address: z.string().max(255),
  startTime: z.iso.datetime({ offset: true }),
  /** So far; absent where only the end will tell. */
  bytes: bytes.optional(),
  bytesPerSecond: bytes.optional(),
  /** Absent while nobody has said how much is to come. */
  totalBytes: bytes.optional(),
});
export type Transfer = z.infer<typeof transfer>;

/** A transfer that came to its end, or broke off, with its bytes: told by the registry, or by nginx of what it sends. */
export const endedTransfer = z.object({ id: z.string().max(512), bytes });
export type EndedTransfer = z.infer<typeof endedTransfer>;

export const transferNews = z.discriminatedUnion('kind', [
  /** All that run at this moment in one process. */
  z.object({ kind: z.literal('running'), source: z.string().max(64), transfers: z.array(transfer).max(1_000) }),
  /** Handed over to nginx. */
  z.object({ kind: z.literal('started'), transfers: z.array(transfer).max(1_000) }),
  z.object({ kind: z.literal('ended'), transfers: z.array(endedTransfer).max(1_000) }),
]);
export type TransferNews = z.infer<typeof transferNews>;
