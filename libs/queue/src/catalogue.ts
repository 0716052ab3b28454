import { z } from 'zod';

/**
 * Who runs a job. Each pool has workers of its own, so that long copies never keep short jobs waiting.
 * `general` and `transfer` are served by jobservice, `collect` by gc-controller.
 */
export type Pool = 'general' | 'transfer' | 'collect';

export interface JobDefinition {
  pool: Pool;
  /** How often it may be tried before its failure counts. */
  attempts: number;
  /** How many may run at once on the whole platform. */
  concurrency: number;
  /** What it is started with: ids and wishes, never a secret. Rows written by an older release must still parse. */
  parameters: z.ZodType<object>;
}

const unlimited = Number.POSITIVE_INFINITY;

/** What happened, for a policy that acts on events; `origin` names the platforms that it came through. */
const replicationEvent = z.object({
  type: z.enum(['artifact_push', 'artifact_delete', 'tag_delete']),
  repository: z.string(),
  digest: z.string().optional(),
  tags: z.array(z.string()).default([]),
  origin: z.array(z.string()).default([]),
});
const replicationPlan = z.object({ policyId: z.number(), event: replicationEvent.optional() });

/** What one task does to one repository of the target. */
const replicationTask = z.object({
  policyId: z.number(),
  operation: z.enum(['copy', 'deletion', 'tag deletion']),
  source: z.string(),
  target: z.string(),
  artifacts: z.array(
    z.object({
      digest: z.string(),
      tags: z.array(z.string()),
      /** Signatures and the like. */
      companions: z.array(z.object({ digest: z.string(), tags: z.array(z.string()) })).default([]),
    }),
  ),
  origin: z.array(z.string()).default([]),
});

/** Lines of the audit log of these kinds that are older go; 0 hours or less means none. */
const auditPurge = z.object({ retentionHours: z.number(), eventTypes: z.array(z.string()), isDry: z.boolean() });

/** What a collection does beside freeing what is due, and how many look at blobs for it side by side. */
const collection = z.object({
  deleteUntagged: z.boolean(),
  emptyTrash: z.boolean(),
  isDry: z.boolean(),
  workers: z.number().default(1),
});

/** `isForced`: also where the store holds far more, or far less, than the rows say. */
const scrub = z.object({ kind: z.enum(['orphans', 'integrity']), isForced: z.boolean().default(false) });

/** A message for one target of a webhook policy. Where it goes, and the header that goes with it, stand in the policy. */
const delivery = z.object({
  policyId: z.number(),
  targetId: z.string(),
  contentType: z.string(),
  body: z.string(),
});

const retentionPlan = z.object({ policyId: z.number(), isDry: z.boolean(), isConfirmed: z.boolean() });
/** What of the plan of its execution a task carries out. */
const retentionTask = z.object({ policyId: z.number(), repository: z.string(), isDry: z.boolean() });

/** Every kind of job, by its name in Harbor where Harbor has it. */
export const catalogue = {
  EXECUTION_SWEEP: { pool: 'general', attempts: 1, concurrency: 1, parameters: z.object({}) },
  PURGE_AUDIT_LOG: { pool: 'general', attempts: 1, concurrency: 1, parameters: auditPurge },
  GARBAGE_COLLECTION: { pool: 'collect', attempts: 1, concurrency: 1, parameters: collection },
  SCRUB: { pool: 'collect', attempts: 3, concurrency: 4, parameters: scrub },
  RETENTION_PLAN: { pool: 'general', attempts: 3, concurrency: unlimited, parameters: retentionPlan },
  RETENTION: { pool: 'general', attempts: 3, concurrency: unlimited, parameters: retentionTask },
  WEBHOOK: { pool: 'general', attempts: 3, concurrency: unlimited, parameters: delivery },
  SLACK: { pool: 'general', attempts: 3, concurrency: 1, parameters: delivery },
  REPLICATION_PLAN: { pool: 'general', attempts: 3, concurrency: unlimited, parameters: replicationPlan },
  REPLICATION: { pool: 'transfer', attempts: 3, concurrency: unlimited, parameters: replicationTask },
} as const satisfies Record<string, JobDefinition>;

export type JobType = keyof typeof catalogue;
export type JobParameters<Job extends JobType> = z.infer<(typeof catalogue)[Job]['parameters']>;

export interface VendorDefinition {
  /** The job that an execution begins with; it may add further ones. */
  firstJob: JobType;
  /** How many executions of one policy are kept. */
  retained: number;
  /** Whether core hears of each end: outbox consumer `core-jobs`, topic `execution.ended`. */
  tellsCore: boolean;
}

/** What can be started, by hand, by the clock or by an event: Harbor's vendor types. */
export const vendors = {
  EXECUTION_SWEEP: { firstJob: 'EXECUTION_SWEEP', retained: 10, tellsCore: false },
  PURGE_AUDIT_LOG: { firstJob: 'PURGE_AUDIT_LOG', retained: 10, tellsCore: false },
  GARBAGE_COLLECTION: { firstJob: 'GARBAGE_COLLECTION', retained: 50, tellsCore: false },
  SCRUB: { firstJob: 'SCRUB', retained: 50, tellsCore: false },
  RETENTION: { firstJob: 'RETENTION_PLAN', retained: 50, tellsCore: true },
  WEBHOOK: { firstJob: 'WEBHOOK', retained: 50, tellsCore: false },
  SLACK: { firstJob: 'SLACK', retained: 50, tellsCore: false },
  REPLICATION: { firstJob: 'REPLICATION_PLAN', retained: 50, tellsCore: true },
} as const satisfies Record<string, VendorDefinition>;

export type VendorType = keyof typeof vendors;
export type StartParameters<Vendor extends VendorType> = JobParameters<(typeof vendors)[Vendor]['firstJob']>;

export const vendorDefinition = (vendor: VendorType): VendorDefinition => vendors[vendor];
export const jobDefinition = (job: JobType): JobDefinition => catalogue[job];
export const jobTypes = Object.keys(catalogue) as JobType[];
export const vendorTypes = Object.keys(vendors) as VendorType[];
export const isJobType = (name: string): name is JobType => Object.hasOwn(catalogue, name);

/** Jobs that only so many may run of at once. */
export const concurrencyLimits = (pool: Pool): Record<string, number> =>
  Object.fromEntries(
    jobTypes
      .map((job) => [job, jobDefinition(job)] as const)
      .filter(([, definition]) => definition.pool === pool && definition.concurrency !== unlimited)
      .map(([job, definition]) => [job, definition.concurrency]),
  );
