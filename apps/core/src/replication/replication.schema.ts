import { Errors } from '@haven/errors';
import { badRequest, integerParam, textParam, type ListQuery } from '@haven/http';
import { compileDoublestar, type ReplicationFilter, type ReplicationPolicy } from '@haven/models';
import { isRepositoryName } from '@haven/oci';
import { assertUserCron } from '@haven/queue';
import { z } from 'zod';

const text = (longest: number) =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? '')
    .refine((value) => value.length <= longest && !value.includes('\0'), badRequest(`at most ${longest} characters`));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const registry = z.object({ id: z.int().nullish() }).nullish();

/** Harbor's ReplicationPolicy, as far as a caller can set it. */
export const policyBody = z.object({
  name: text(256),
  description: text(65_536),
  src_registry: registry,
  dest_registry: registry,
  dest_namespace: text(256),
  dest_namespace_replace_count: z.int().min(-128).max(127).nullish(),
  trigger: z.object({ type: text(16), trigger_settings: z.object({ cron: text(64) }).nullish() }).nullish(),
  filters: z
    .array(z.object({ type: text(16), value: z.unknown(), decoration: text(16) }))
    .max(100)
    .nullish(),
  replicate_deletion: flag,
  deletion: flag,
  override: flag,
  enabled: flag,
  speed: z
    .int()
    .max(2 ** 31 - 1)
    .nullish(),
  copy_by_chunk: flag,
  single_active_replication: flag,
});
export type PolicyBody = z.infer<typeof policyBody>;

/** What a caller decides of a policy. */
export type PolicyWishes = Omit<ReplicationPolicy, 'id' | 'creator' | 'creationTime' | 'updateTime'>;

export const startBody = z.object({ policy_id: z.int().nullish() });

/**
 * Harbor's rules for a policy.
 * @throws AppError BAD_REQUEST with Harbor's words
 */
export function requirePolicy(body: PolicyBody): PolicyWishes {
  if (body.name === '') throw Errors.badRequest('empty name');
  const [sourceRegistryId, targetRegistryId] = requireSides(body);
  const filters = (body.filters ?? []).map(requireFilter);
  const namespace = body.dest_namespace;
  if (namespace !== '' && !isRepositoryName(namespace)) {
    throw Errors.badRequest(`invalid destination namespace: ${namespace}`);
  }
  const triggerType = requireTriggerType(body.trigger?.type ?? 'manual');
  const cron = body.trigger?.trigger_settings?.cron ?? '';
  if (triggerType === 'scheduled') requireCron(cron);
  if (triggerType === 'event_based' && body.single_active_replication) {
    throw Errors.badRequest('single active replication is not allowed for event_based triggers');
  }
  return {
    name: body.name,
    description: body.description,
    sourceRegistryId,
    targetRegistryId,
    namespace,
    replaceCount: body.dest_namespace_replace_count ?? -1,
    filters,
    triggerType,
    cron,
    replicatesDeletion: body.replicate_deletion || body.deletion,
    overrides: body.override,
    isEnabled: body.enabled,
    speedKilobytes: Math.max(body.speed ?? 0, 0),
    copiesByChunk: body.copy_by_chunk,
    isSingleActive: body.single_active_replication,
  };
}

function requireSides(body: PolicyBody): [number | null, number | null] {
  const source = body.src_registry?.id ?? 0;
  const target = body.dest_registry?.id ?? 0;
  if ((source === 0) === (target === 0)) {
    throw Errors.badRequest(
      "either src_registry or dest_registry should be empty and the other one shouldn't be empty",
    );
  }
  return [source === 0 ? null : source, target === 0 ? null : target];
}

const requireTriggerType = (type: string): ReplicationPolicy['triggerType'] => {
  if (type === '' || type === 'manual') return 'manual';
  if (type === 'scheduled' || type === 'event_based') return type;
  throw Errors.badRequest('invalid trigger type');
};

function requireCron(cron: string): void {
  if (cron === '') throw Errors.badRequest('the cron string cannot be empty when the trigger type is scheduled');
  assertUserCron(cron);
  if (cron.trim().split(/\s+/)[1] === '*') {
    throw Errors.badRequest('* is not allowed for the Minutes field of the cron setting of replication policy');
  }
}

const longestPattern = 1_024;

function requireDecoration(decoration: string): { decoration?: 'matches' | 'excludes' } {
  if (decoration === '') return {};
  if (decoration === 'matches' || decoration === 'excludes') return { decoration };
  throw Errors.badRequest(`invalid filter decoration, :${decoration}`);
}

function requireFilter({ type, value, decoration }: NonNullable<PolicyBody['filters']>[number]): ReplicationFilter {
  if (type !== 'name' && type !== 'tag' && type !== 'label' && type !== 'resource') {
    throw Errors.badRequest('invalid filter type');
  }
  const kept = requireDecoration(decoration);
  if (type === 'label') {
    const labels = z.array(z.string().max(128)).max(100).safeParse(value);
    if (!labels.success) throw Errors.badRequest("the type of label filter value isn't string slice");
    return { type, value: labels.data, ...kept };
  }
  if (typeof value !== 'string') throw Errors.badRequest("the type of filter value isn't string");
  if (type === 'resource' && value !== 'image' && value !== 'artifact' && value !== '') {
    throw Errors.badRequest(`invalid resource filter: ${value}`);
  }
  if (type !== 'tag' && decoration !== '') throw Errors.badRequest('only tag and label filter support decoration');
  if (type !== 'resource' && (value.length > longestPattern || compileDoublestar(value) === null)) {
    throw Errors.badRequest(`invalid pattern of the ${type} filter`);
  }
  return { type, value, ...kept };
}

/** The list that `name` asks for beside `q`. */
export function withNameParam(query: ListQuery, params: unknown): ListQuery {
  const name = textParam(params, 'name');
  if (name === undefined) return query;
  return { ...query, filters: new Map([...query.filters, ['name', { kind: 'fuzzy', value: name } as const]]) };
}

const executionStatuses: Readonly<Record<string, string>> = {
  InProgress: 'Running',
  Succeed: 'Success',
  Failed: 'Error',
};
const triggers: Readonly<Record<string, string>> = {
  manual: 'MANUAL',
  scheduled: 'SCHEDULE',
  event_based: 'EVENT',
};

/** Which executions the query asks for, in the words of the database. */
export function executionScope(params: unknown): { vendorId?: number; status?: string; trigger?: string } {
  const vendorId = integerParam(params, 'policy_id');
  const status = textParam(params, 'status');
  const trigger = textParam(params, 'trigger');
  return {
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(status === undefined ? {} : { status: executionStatuses[status] ?? status }),
    ...(trigger === undefined ? {} : { trigger: triggers[trigger] ?? trigger }),
  };
}

/** Which tasks the query asks for, in the words of the database. */
export function taskStatuses(params: unknown): readonly string[] | undefined {
  const status = textParam(params, 'status');
  if (status === undefined) return undefined;
  return status === 'InProgress' ? ['Scheduled', 'Running'] : [executionStatuses[status] ?? status];
}
