import { Errors } from '@haven/errors';
import type { StartParameters } from '@haven/queue';
import {
  requireScheduleWish,
  type ScheduleBody,
  type ScheduleWish,
} from '../system-schedule/system-schedule.schema.js';

const mostWorkers = 10;

/** What a body asks to be collected, and when. */
export interface CollectionWish {
  when: ScheduleWish;
  parameters: StartParameters<'GARBAGE_COLLECTION'>;
  /** As the body has them: they are shown again. */
  attributes: Record<string, unknown>;
}

/** @throws AppError BAD_REQUEST */
export function requireCollection({ schedule, parameters }: ScheduleBody): CollectionWish {
  if (schedule === null || schedule === undefined) throw Errors.badRequest("schedule can't be empty");
  const given = parameters ?? {};
  const { workers = 1 } = given;
  if (typeof workers !== 'number' || !Number.isSafeInteger(workers) || workers < 1 || workers > mostWorkers) {
    throw Errors.badRequest(`invalid workers: ${JSON.stringify(workers)}, it must be from 1 to ${mostWorkers}`);
  }
  const deleteUntagged = given['delete_untagged'] === true;
  const emptyTrash = given['empty_trash'] === true;
  const isDry = given['dry_run'] === true;
  return {
    when: requireScheduleWish(schedule),
    parameters: { deleteUntagged, emptyTrash, isDry, workers },
    attributes: {
      ...{ delete_untagged: deleteUntagged, dry_run: isDry, workers },
      ...(emptyTrash ? { empty_trash: true } : {}),
    },
  };
}
