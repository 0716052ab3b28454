export {
  catalogue,
  isJobType,
  jobTypes,
  vendors,
  vendorTypes,
  type JobParameters,
  type JobType,
  type Pool,
  type StartParameters,
  type VendorType,
} from './catalogue.js';
export {
  addTasks,
  recordSkippedExecution,
  startExecution,
  stopExecution,
  stopTask,
  stopWaitingTasks,
  type ExecutionStatus,
  type NewExecution,
  type NewTask,
  type TaskStatus,
  type Trigger,
} from './execution.js';
export { JobError, PermanentJobError, type JobContext, type JobHandler, type JobLog } from './job.js';
export {
  assertUserCron,
  nextRun,
  predefinedCrons,
  removeSchedule,
  saveSchedule,
  type CronType,
  type Schedule,
} from './schedule.js';
export { scrubIds, startScrub, type ScrubKind, type ScrubWish } from './scrub.js';
