export { runHealthChecks, type HealthCheck, type HealthResult } from './health.js';
export { createLogger, type Logger } from './logger.js';
