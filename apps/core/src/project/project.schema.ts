import { Errors } from '@haven/errors';
import { booleanParam, textParam, type ListQuery } from '@haven/http';
import { z } from 'zod';

const text = z.string().nullish();

/** Harbor's ProjectMetadata. */
const projectMetadata = z.object({
  public: text,
  enable_content_trust: text,
  enable_content_trust_cosign: text,
  prevent_vul: text,
  severity: text,
  auto_scan: text,
  auto_sbom_generation: text,
  reuse_sys_cve_allowlist: text,
  retention_id: text,
  proxy_speed_kb: text,
  max_upstream_conn: text,
  proxy_cache_local_on_not_found: text,
  proxy_referrer_api: text,
  proxy_cache_filter_pattern: text,
  proxy_cache_filter_kind: text,
});

/** Harbor's CVEAllowlist, as far as a caller can set it. */
export const cveAllowlist = z.object({
  project_id: z.int().nullish(),
  expires_at: z.int().nullish(),
  items: z.array(z.object({ cve_id: z.string().nullish() })).nullish(),
});

/** Harbor's ProjectReq, for creating and for updating. */
export const projectBody = z.object({
  project_name: z.string().max(255).nullish(),
  public: z.boolean().nullish(),
  metadata: projectMetadata.nullish(),
  cve_allowlist: cveAllowlist.nullish(),
  storage_limit: z.int().nullish(),
  registry_id: z.int().nullish(),
});

export type ProjectBody = z.infer<typeof projectBody>;
export type CveAllowlistBody = z.infer<typeof cveAllowlist>;

/** The list that `name`, `public` and `owner` ask for beside `q`, over which they win. */
export function withProjectParams(query: ListQuery, params: unknown): ListQuery {
  const filters = new Map(query.filters);
  const name = textParam(params, 'name');
  const owner = textParam(params, 'owner');
  const isPublic = booleanParam(params, 'public');
  if (name !== undefined) filters.set('name', { kind: 'fuzzy', value: name });
  if (owner !== undefined) filters.set('owner', { kind: 'exact', value: owner });
  if (isPublic !== undefined) filters.set('public', { kind: 'exact', value: String(isPublic) });
  return { ...query, filters };
}

/** `project_name` of the query. @throws AppError UNPROCESSABLE_ENTITY when it is missing */
export function projectNameParam(params: unknown): string {
  const name = textParam(params, 'project_name');
  if (name === undefined) throw Errors.unprocessable('project_name in query is required');
  return name;
}
