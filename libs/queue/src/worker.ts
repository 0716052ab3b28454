export { HandlerTable } from './handler-table.js';
export { JobMetrics } from './job-metrics.js';
export { runDueSchedules } from './schedule.js';
export { sweepExecutions } from './sweep.js';
export { Ticker } from './ticker.js';
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
