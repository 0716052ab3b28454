import { Errors } from '@haven/errors';
import { sql, type Sql } from '@haven/models';
import { Cron } from 'croner';
import type { StartParameters, VendorType } from './catalogue.js';
import { startExecution } from './execution.js';

/** Harbor's words for how often. */
export type CronType = 'Hourly' | 'Daily' | 'Weekly' | 'Custom';

export const predefinedCrons: Readonly<Record<Exclude<CronType, 'Custom'>, string>> = {
  Hourly: '0 0 * * * *',
  Daily: '0 0 0 * * *',
  Weekly: '0 0 0 * * 0',
};

export interface Schedule<Vendor extends VendorType = VendorType> {
  vendorType: Vendor;
  vendorId?: number;
  cronType?: CronType;
  /** Six fields, seconds first, in UTC. */
  cron: string;
  lane?: string;
  /** What each run is started with. */
  parameters: StartParameters<Vendor>;
  /** Shown with each execution. */
  attributes?: object;
}

const parse = (cron: string): Cron => new Cron(cron, { mode: '6-part', timezone: 'UTC', paused: true });

/**
 * When a schedule runs next after a moment; null when it never does again (31 February).
 * @throws AppError BAD_REQUEST when it is no schedule of six fields
 */
export function nextRun(cron: string, after: Date): Date | null {
  try {
    return parse(cron).nextRun(after);
  } catch (error) {
    throw Errors.badRequest(`invalid cron: ${cron}`, { cause: error });
  }
}

/**
 * Checks what a user may ask for: six fields, of which the seconds are 0.
 * @throws AppError BAD_REQUEST
 */
export function assertUserCron(cron: string): void {
  if (nextRun(cron, new Date()) === null) throw Errors.badRequest(`invalid cron: ${cron} never comes`);
  if (cron.trim().split(/\s+/)[0] !== '0') {
    throw Errors.badRequest(`invalid cron: the 1st field (indicating Seconds of time) of ${cron} must be 0`);
  }
}

/** Puts a schedule in the place of the one that the policy has, if any. A bad cron is refused. @returns its id */
export async function saveSchedule<Vendor extends VendorType>(
  tx: Sql,
  { vendorType, vendorId = 0, cronType = 'Custom', cron, lane = '', parameters, attributes = {} }: Schedule<Vendor>,
): Promise<number> {
  assertUserCron(cron);
  const { id } = await tx.one<{ id: number }>(
    sql(
      `INSERT INTO schedule (vendor_type, vendor_id, cron_type, cron, lane, parameters, extra_attrs, next_run_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (vendor_type, vendor_id) DO UPDATE
          SET cron_type = excluded.cron_type, cron = excluded.cron, lane = excluded.lane,
              parameters = excluded.parameters, extra_attrs = excluded.extra_attrs,
              next_run_at = CASE WHEN schedule.cron = excluded.cron THEN schedule.next_run_at ELSE excluded.next_run_at END,
              update_time = now()
       RETURNING id`,
      vendorType,
      vendorId,
      cronType,
      cron,
      lane,
      JSON.stringify(parameters),
      JSON.stringify(attributes),
      nextRun(cron, new Date()),
    ),
  );
  return id;
}

/** Takes the schedule of a policy away, if it has one. */
export async function removeSchedule(tx: Sql, vendorType: VendorType, vendorId = 0): Promise<void> {
  await tx.run(sql('DELETE FROM schedule WHERE vendor_type = $1 AND vendor_id = $2', vendorType, vendorId));
}

interface DueSchedule {
  id: number;
  vendorType: VendorType;
  vendorId: number;
  cron: string;
  lane: string;
  parameters: object;
  attributes: object;
}

/**
 * Starts what is due, each once however many processes ask, unless all schedules are paused. What was due several
 * times while nobody was there is started once.
 * @returns how many were started
 */
export async function runDueSchedules(tx: Sql, now: Date, limit = 100): Promise<number> {
  const due = await tx.rows<DueSchedule>(
    sql(
      `SELECT id, vendor_type AS "vendorType", vendor_id AS "vendorId", cron, lane, parameters,
              extra_attrs AS attributes
         FROM schedule
        WHERE next_run_at <= $1
          AND NOT EXISTS (SELECT 1 FROM job_queue_status WHERE job_type = 'SCHEDULER' AND paused)
        ORDER BY next_run_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
      now,
      limit,
    ),
  );
  for (const { id, cron, ...execution } of due) {
    await startExecution(tx, { ...execution, trigger: 'SCHEDULE', parameters: execution.parameters as never });
    const next = nextRun(cron, now);
    await tx.run(
      next === null
        ? sql('DELETE FROM schedule WHERE id = $1', id)
        : sql('UPDATE schedule SET next_run_at = $2 WHERE id = $1', id, next),
    );
  }
  return due.length;
}
