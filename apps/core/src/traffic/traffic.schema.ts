import { z } from 'zod';

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

/** What happened to one repository. */
const item = z.object({
  /** Full name. */
  repository: z.string().max(255),
  at: z.iso.datetime({ offset: true }),
  bytesIn: count,
  bytesOut: count,
  pushFailures: count,
  pullFailures: count,
});

const position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** What somebody has counted. Brought again, it says so: by the same id, or by its place in a log that is read in order. */
export const trafficBatch = z.object({
  counted: z.union([z.object({ id: z.uuid() }), z.object({ source: z.uuid(), from: position, to: position })]),
  items: z.array(item).max(10_000),
});
export type TrafficBatch = z.infer<typeof trafficBatch>;
