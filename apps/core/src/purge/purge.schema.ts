import { Errors } from '@haven/errors';
import type { StartParameters } from '@haven/queue';
import {
  requireScheduleWish,
  type ScheduleBody,
  type ScheduleWish,
} from '../system-schedule/system-schedule.schema.js';

/** Harbor's limit. */
const mostHours = 240_000;
const longestTypes = 1_024;

/** What a body asks to be purged, and when. */
export interface PurgeWish {
  when: ScheduleWish;
  parameters: StartParameters<'PURGE_AUDIT_LOG'>;
  /** As the body has them: they are shown again. */
  attributes: Record<string, unknown>;
}

/** @throws AppError BAD_REQUEST */
export function requirePurge({ schedule, parameters }: ScheduleBody): PurgeWish {
  if (schedule === null || schedule === undefined) throw Errors.badRequest("schedule can't be empty");
  const given = parameters ?? {};
  if (Object.keys(given).length === 0) throw Errors.badRequest("schedule parameter can't be empty");
  const { audit_retention_hour: hours, include_event_types: types, dry_run: isDry = false } = given;
  if (hours === undefined) throw Errors.badRequest('audit_retention_hour should provide');
  if (typeof hours !== 'number' || !Number.isSafeInteger(hours)) {
    throw Errors.badRequest('audit_retention_hour should be integer format');
  }
  if (hours > mostHours) throw Errors.badRequest(`audit_retention_hour should be less than ${mostHours}`);
  if (types === undefined) throw Errors.badRequest('include_event_types should provide');
  if (typeof types !== 'string' || types.length > longestTypes) {
    throw Errors.badRequest('include_event_types should be names of event types, with commas between');
  }
  const eventTypes = types.split(',').map((type) => type.trim().toLowerCase());
  return {
    when: requireScheduleWish(schedule),
    parameters: { retentionHours: hours, eventTypes, isDry: isDry === true },
    attributes: { audit_retention_hour: hours, include_event_types: types, dry_run: isDry === true },
  };
}
