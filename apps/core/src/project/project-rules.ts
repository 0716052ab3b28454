import { Errors } from '@haven/errors';
import { normalizeMetadata, proxyCacheKeys } from '../metadata/metadata-value.js';
import type { CveAllowlistBody, ProjectBody } from './project.schema.js';

const namePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** @returns the name @throws AppError BAD_REQUEST */
export function requireProjectName(name: string | null | undefined): string {
  if (name === null || name === undefined || name === '') throw Errors.badRequest('a project needs a name');
  if (name.length > 255) throw Errors.badRequest('a project name has at most 255 characters');
  if (!namePattern.test(name)) {
    throw Errors.badRequest('project name is not in lower case or contains illegal characters');
  }
  return name;
}

/**
 * The metadata of a request in the form in which it is stored. Empty values count as absent. What belongs to proxy
 * caches is left out, because there it means nothing, as with Harbor.
 * @throws AppError BAD_REQUEST
 */
export function requestedMetadata(body: ProjectBody): Record<string, string> {
  const normal: Record<string, string> = {};
  for (const [key, value] of Object.entries(body.metadata ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    if (key === 'retention_id' || proxyCacheKeys.includes(key)) continue;
    normal[key] = normalizeMetadata(key, value);
  }
  return normal;
}

/** The metadata of a new project: it is private unless the request says otherwise, in the one place or the other. */
export function initialMetadata(body: ProjectBody): Record<string, string> {
  const retentionId = body.metadata?.retention_id ?? '';
  if (retentionId !== '') throw Errors.badRequest('a new project cannot name a retention_id');
  const asked = body.metadata?.public ?? '';
  if (asked !== '' && asked !== 'true' && asked !== 'false') {
    throw Errors.badRequest(`metadata.public should only be 'true' or 'false', but got: ${JSON.stringify(asked)}`);
  }
  return { public: String(body.public ?? false), ...requestedMetadata(body) };
}

const mostBytes = 1_125_899_906_842_624;

/** @returns the limit in bytes, -1 for none @throws AppError BAD_REQUEST */
export function requireStorageLimit(bytes: number): number {
  if (bytes === -1 || (bytes > 0 && bytes <= mostBytes)) return bytes;
  throw Errors.badRequest(`storage_limit is -1 for none, or between 1 and ${mostBytes} bytes`);
}

export interface CveAllowlist {
  /** Seconds since 1970; null: never. */
  expiresAt: number | null;
  items: { cve_id: string }[];
}

/** The allow-list that a request sets for a project. @throws AppError BAD_REQUEST */
export function requestedAllowlist(body: CveAllowlistBody, projectId: number): CveAllowlist {
  const named = body.project_id ?? 0;
  if (named !== 0 && named !== projectId) {
    throw Errors.badRequest(`project_id in cve_allowlist must be ${projectId} but it's ${named}`);
  }
  const ids = (body.items ?? []).map((item) => item.cve_id ?? '');
  if (ids.some((id) => id.trim() === '')) throw Errors.badRequest('a CVE ID in the allow-list is empty');
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw Errors.badRequest(`duplicate CVE ID in the allow-list: ${twice}`);
  return { expiresAt: body.expires_at ?? null, items: ids.map((id) => ({ cve_id: id })) };
}
