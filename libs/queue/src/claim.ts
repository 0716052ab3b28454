import { sql, statement, type Sql } from '@haven/models';
import { concurrencyLimits, type Pool } from './catalogue.js';

/** A task on its way to a worker; the number of starts so far tells one journey from the next. */
export interface HandedTask {
  id: number;
  runCount: number;
}

/** Of one pool, one process at a time decides who is next: turns and limits are exact. */
const takeTurnLock = statement(
  'task_turn_lock',
  `SELECT pg_try_advisory_xact_lock(hashtext('haven dispatch'), hashtext($1)) AS taken`,
);

/** As many tasks wait with the workers as these could begin twice over: enough to keep them busy, and few out of turn. */
const readRoom = statement(
  'task_room',
  `SELECT 2 * coalesce((SELECT sum(concurrency) FROM worker_pool WHERE pool = $1), 0)
          - (SELECT count(*) FROM task WHERE pool = $1 AND status = 'Scheduled') AS room`,
);

/**
 * $1 pool, $2 how many, $3 limits of some kinds of jobs. Lanes are found by skipping through the index; of each, only
 * as many tasks are looked at as are wanted, so that neither a long lane nor a long backlog costs anything.
 */
const claim = statement(
  'task_claim',
  `WITH RECURSIVE lanes (lane) AS (
     (SELECT lane FROM task WHERE pool = $1 AND status = 'Pending' ORDER BY lane LIMIT 1)
     UNION ALL
     SELECT (SELECT task.lane FROM task
              WHERE task.pool = $1 AND task.status = 'Pending' AND task.lane > lanes.lane
              ORDER BY task.lane LIMIT 1)
       FROM lanes WHERE lanes.lane IS NOT NULL
   ), under_way AS (
     SELECT lane, vendor_type, count(*) AS tasks FROM task
      WHERE pool = $1 AND status IN ('Scheduled', 'Running') GROUP BY lane, vendor_type
   ), room AS (
     SELECT job AS vendor_type,
            places::integer - coalesce((SELECT sum(tasks) FROM under_way WHERE vendor_type = job), 0) AS places
       FROM jsonb_each_text($3) AS limits (job, places)
   ), barred AS (
     SELECT job_type AS vendor_type FROM job_queue_status WHERE paused
     UNION SELECT vendor_type FROM room WHERE places <= 0
   ), waiting AS (
     SELECT task.id, task.vendor_type,
            row_number() OVER (PARTITION BY lanes.lane ORDER BY task.id)
            + coalesce((SELECT sum(tasks) FROM under_way WHERE under_way.lane = lanes.lane), 0) AS turn
       FROM lanes CROSS JOIN LATERAL (
            SELECT id, vendor_type FROM task
             WHERE pool = $1 AND status = 'Pending' AND task.lane = lanes.lane AND not_before <= now()
               AND vendor_type NOT IN (SELECT vendor_type FROM barred)
             ORDER BY id LIMIT $2) AS task
   ), in_turn AS (
     SELECT id, vendor_type, turn, row_number() OVER (PARTITION BY vendor_type ORDER BY turn, id) AS place FROM waiting
   )
   UPDATE task SET status = 'Scheduled', update_time = now()
    WHERE status = 'Pending'
      AND id IN (SELECT id FROM in_turn LEFT JOIN room USING (vendor_type)
                  WHERE places IS NULL OR place <= places ORDER BY turn, id LIMIT $2)
   RETURNING id, run_count AS "runCount"`,
);

/**
 * Takes the next tasks of a pool in turn by lanes: who has least under way comes first. Nothing when another process
 * is deciding, when the workers have enough, or when nothing is due.
 */
export async function claimTasks(tx: Sql, pool: Pool): Promise<HandedTask[]> {
  const { taken } = await tx.one<{ taken: boolean }>(takeTurnLock(pool));
  if (!taken) return [];
  const { room } = await tx.one<{ room: string }>(readRoom(pool));
  if (Number(room) <= 0) return [];
  const tasks = await tx.rows<HandedTask>(claim(pool, Number(room), JSON.stringify(concurrencyLimits(pool))));
  return tasks.sort((a, b) => a.id - b.id);
}

/** Tasks that were handed over seconds ago and that nobody has begun: they wait their turn, or Redis has lost them. */
export const claimForgotten = (db: Sql, pool: Pool): Promise<HandedTask[]> =>
  db.rows<HandedTask>(
    sql(
      `UPDATE task SET update_time = now()
        WHERE pool = $1 AND status = 'Scheduled' AND update_time < now() - interval '5 seconds'
       RETURNING id, run_count AS "runCount"`,
      pool,
    ),
  );
