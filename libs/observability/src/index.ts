export { BoundedLabel, OTHER } from './bounded-label.js';
export { runHealthChecks, type HealthCheck, type HealthResult } from './health.js';
export { createLogger, type Logger } from './logger.js';
export { Metrics, type Counter, type Sample } from './metrics.js';
export { reportPools, type PoolUse } from './pool-use.js';
export { RequestTallies, tellDurations, tellHarborRequests, type RequestTally } from './request-tally.js';
export { Durations, Tally } from './tally.js';
export { activeTracing, carriedTrace, resumed, traceCarrier, traced, type RequestSpan } from './tracing/tracing.js';
export { startTracing, stopTracing } from './tracing/start-tracing.js';
