import { compact, dateTime, keep } from '@haven/http';
import type { ExecutionRow, TaskRow } from '../execution/execution.repository.js';
import type { PlanRow, RetentionRow } from './retention.repository.js';

const template = (rule_template: string, display_text: string, unit?: string): object => ({
  rule_template,
  display_text,
  action: 'retain',
  params: unit === undefined ? [] : [{ type: 'int', unit, required: true }],
});

/** Harbor's RetentionMetadata: what the portal offers. */
export const retentionMetadata = {
  templates: [
    template('latestPushedK', 'the most recently pushed # artifacts', 'COUNT'),
    template('latestPulledN', 'the most recently pulled # artifacts', 'COUNT'),
    template('nDaysSinceLastPush', 'pushed within the last # days', 'DAYS'),
    template('nDaysSinceLastPull', 'pulled within the last # days', 'DAYS'),
    template('always', 'always'),
  ],
  scope_selectors: [{ display_text: 'Repositories', kind: 'doublestar', decorations: ['repoMatches', 'repoExcludes'] }],
  tag_selectors: [{ display_text: 'Tags', kind: 'doublestar', decorations: ['matches', 'excludes'] }],
};

/** Harbor's RetentionPolicy. */
export const presentRetention = ({ id, projectId, rules, triggerKind, cron, nextRunTime }: RetentionRow): object =>
  compact({
    id,
    algorithm: 'or',
    rules: rules.map((rule, index) =>
      compact({
        id: index,
        ...rule,
        tag_selectors: rule.tag_selectors.map((selector) => compact({ ...selector })),
        scope_selectors: Object.fromEntries(
          Object.entries(rule.scope_selectors).map(([kind, selectors]) => [
            kind,
            selectors.map((selector) => compact({ ...selector })),
          ]),
        ),
      }),
    ),
    trigger: {
      kind: triggerKind,
      settings: { cron, ...(nextRunTime === null ? {} : { next_scheduled_time: dateTime(nextRunTime) }) },
      references: {},
    },
    scope: { level: 'project', ref: projectId },
  });

/** Harbor's words: only that of the clock is another than the execution's. */
const triggers = { MANUAL: 'MANUAL', SCHEDULE: 'Schedule', EVENT: 'EVENT' } as const;

/** Harbor's RetentionExecution; why it ended without doing anything stands beside it. */
export const presentRun = (execution: ExecutionRow): object =>
  compact({
    id: execution.id,
    policy_id: execution.vendorId,
    start_time: dateTime(execution.startTime),
    end_time: dateTime(execution.endTime),
    status: execution.status,
    trigger: triggers[execution.trigger],
    dry_run: execution.attributes['dry_run'],
    status_text: execution.statusMessage,
  });

/** Harbor's RetentionExecutionTask. */
export const presentRunTask = (task: TaskRow): object =>
  compact({
    id: task.id,
    execution_id: task.executionId,
    repository: task.attributes['repository'],
    job_id: task.jobId,
    status: task.status,
    status_code: keep(statusCodes[task.status]),
    status_revision: task.runCount,
    start_time: dateTime(task.startTime ?? task.creationTime),
    end_time: dateTime(task.endTime),
    total: keep(task.attributes['total'] ?? 0),
    retained: keep(task.attributes['retained'] ?? 0),
  });

const statusCodes = { Pending: 0, Scheduled: 1, Running: 2, Success: 3, Error: 3, Stopped: 3 } as const;

/** A line of the plan of a run; Haven's own. */
export const presentPlanned = (row: PlanRow): object =>
  compact({
    repository: row.repository,
    digest: row.digest,
    tags: row.tags,
    push_time: dateTime(row.pushTime),
    pull_time: dateTime(row.pullTime),
    fate: row.fate,
    rule: row.rule ?? undefined,
    outcome: row.outcome,
  });
