import { statement, type Sql } from '@haven/models';
import { redacted } from '@haven/observability';
import type { JobLog } from './job.js';
import type { HeldTask } from './lease.js';

const everyMs = 500;
/** Harbor's limit for the log of a job. */
const mostLogBytes = 10 * 1024 * 1024;
const mostLineLength = 8_192;

const append = statement(
  'job_log_append',
  `WITH held AS (SELECT id FROM task WHERE id = $1 AND run_count = $2)
   INSERT INTO job_log (task_id, content) SELECT id, $3 FROM held`,
);
const show = statement(
  'task_show',
  `UPDATE task SET extra_attrs = $3, update_time = now() WHERE id = $1 AND run_count = $2 AND status = 'Running'`,
);

/** What a running task says: its log and its progress, written twice a second. */
export class Journal implements JobLog {
  private readonly timer: NodeJS.Timeout;
  private lines: string[] = [];
  private loggedBytes = 0;
  private attributes: object | null = null;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Sql,
    private readonly task: HeldTask,
    onError: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => {
      this.flush().catch(onError);
    }, everyMs);
  }

  info(line: string): void {
    this.write('INFO', line);
  }

  warn(line: string): void {
    this.write('WARNING', line);
  }

  error(line: string): void {
    this.write('ERROR', line);
  }

  report(attributes: object): void {
    this.attributes = attributes;
  }

  /** Writes what has come up. What cannot be written now is kept for the next time. */
  flush(): Promise<void> {
    this.flushing = this.flushing.catch(() => undefined).then(() => this.writeOut());
    return this.flushing;
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private write(level: string, text: string): void {
    if (this.loggedBytes > mostLogBytes) return;
    // One entry is one line; PostgreSQL takes no NUL.
    const line = redacted(text).replaceAll('\0', '').replaceAll(/\r?\n/g, ' ').slice(0, mostLineLength);
    this.loggedBytes += line.length;
    const entry = this.loggedBytes > mostLogBytes ? 'the log has reached its limit and ends here' : line;
    this.lines.push(`${new Date().toISOString()} [${level}] ${entry}\n`);
  }

  private async writeOut(): Promise<void> {
    const { lines, attributes } = this;
    const { id, run } = this.task;
    if (lines.length > 0) {
      await this.db.run(append(id, run, lines.join('')));
      this.lines = this.lines.slice(lines.length);
    }
    if (attributes !== null) {
      await this.db.run(show(id, run, JSON.stringify(attributes)));
      if (this.attributes === attributes) this.attributes = null;
    }
  }
}
