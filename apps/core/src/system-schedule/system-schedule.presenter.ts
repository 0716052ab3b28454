import { compact, dateTime } from '@haven/http';
import type { VendorType } from '@haven/queue';
import type { ExecutionRow } from '../execution/execution.repository.js';
import type { SystemSchedule } from './system-schedule.service.js';

/** How an execution began, in the words of Harbor's ScheduleObj. */
const scheduleTypes = { MANUAL: 'Manual', SCHEDULE: 'Schedule', EVENT: 'None' } as const;

/** Harbor's GCHistory and ExecHistory. */
export const presentHistory = (vendorType: VendorType, execution: ExecutionRow): object =>
  compact({
    id: execution.id,
    job_name: vendorType,
    job_kind: execution.trigger,
    job_parameters: JSON.stringify(execution.attributes),
    schedule: { type: scheduleTypes[execution.trigger] },
    job_status: execution.status,
    creation_time: dateTime(execution.startTime),
    update_time: dateTime(execution.updateTime),
  });

/** Harbor's history entry that stands for a schedule; without one it is empty. */
export const presentSystemSchedule = (schedule: SystemSchedule | null): object =>
  schedule === null
    ? {}
    : compact({
        id: schedule.id,
        job_kind: schedule.cron,
        job_parameters: JSON.stringify(schedule.attributes),
        schedule: compact({
          type: schedule.cronType,
          cron: schedule.cron,
          next_scheduled_time: dateTime(schedule.nextRunTime),
        }),
        creation_time: dateTime(schedule.creationTime),
        update_time: dateTime(schedule.updateTime),
      });
