import { Errors } from '@haven/errors';
import { predefinedCrons, type CronType } from '@haven/queue';
import { z } from 'zod';

/** Harbor's Schedule, with the parameters of what is to be done. */
export const scheduleBody = z.object({
  schedule: z.object({ type: z.string().max(16).nullish(), cron: z.string().max(64).nullish() }).nullish(),
  parameters: z.record(z.string().max(64), z.unknown()).nullish(),
});
export type ScheduleBody = z.infer<typeof scheduleBody>;

/** What a body asks for: now, by the clock, or no more by the clock. */
export type ScheduleWish = { kind: 'now' } | { kind: 'never' } | { kind: 'clock'; cronType: CronType; cron: string };

/** @throws AppError BAD_REQUEST */
export function requireScheduleWish(schedule: ScheduleBody['schedule']): ScheduleWish {
  const type = schedule?.type ?? '';
  const cron = schedule?.cron ?? '';
  switch (type) {
    case 'Manual':
      return { kind: 'now' };
    case 'None':
      return { kind: 'never' };
    case 'Hourly':
    case 'Daily':
    case 'Weekly':
      return { kind: 'clock', cronType: type, cron: cron === '' ? predefinedCrons[type] : cron };
    case 'Custom':
      return { kind: 'clock', cronType: type, cron };
    default:
      throw Errors.badRequest(`invalid schedule type: ${type}`);
  }
}
