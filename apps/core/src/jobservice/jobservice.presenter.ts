import { compact, dateTime, keep } from '@haven/http';
import type { ScheduleRow, WorkerPoolRow, WorkerRow } from './jobservice.repository.js';
import type { JobQueue } from './jobservice.service.js';

/** Harbor's WorkerPool. */
export const presentPool = ({ id, pid, host, concurrency, startTime, heartbeatTime }: WorkerPoolRow): object =>
  compact({
    worker_pool_id: id,
    pid,
    host,
    concurrency,
    start_at: dateTime(startTime),
    heartbeat_at: dateTime(heartbeatTime),
  });

/** Harbor's Worker; here it bears the name of its job. */
export const presentWorker = ({ poolId, jobId, job, startTime, updateTime }: WorkerRow): object =>
  compact({
    id: jobId,
    pool_id: poolId,
    job_name: job,
    job_id: jobId,
    start_at: dateTime(startTime),
    checkin_at: dateTime(updateTime),
  });

/** Harbor's JobQueue. */
export const presentQueue = ({ job, waiting, latencySeconds, isPaused }: JobQueue): object =>
  compact({ job_type: job, count: waiting, latency: latencySeconds, paused: keep(isPaused) });

/** Harbor's ScheduleTask. */
export const presentSchedule = ({ id, vendorType, vendorId, cron, updateTime }: ScheduleRow): object =>
  compact({ id, vendor_type: vendorType, vendor_id: vendorId, cron, update_time: dateTime(updateTime) });
