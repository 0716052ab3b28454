import type { JobContext, NewTask } from '@haven/queue';

/** What a job is given, kept for the test to look at. */
export class TestContext implements JobContext {
  readonly taskId = 1;
  readonly executionId = 1;
  readonly run = 1;
  readonly attributes = {};
  readonly lines: string[] = [];
  readonly added: NewTask[] = [];
  reported: Readonly<Record<string, unknown>> = {};
  private readonly stopping = new AbortController();
  readonly signal = this.stopping.signal;
  readonly log = {
    info: (line: string): void => void this.lines.push(line),
    warn: (line: string): void => void this.lines.push(line),
    error: (line: string): void => void this.lines.push(line),
  };

  stop(): void {
    this.stopping.abort('stopped');
  }

  report = (attributes: Readonly<Record<string, unknown>>): void => {
    this.reported = attributes;
  };

  addTasks = (tasks: readonly NewTask[]): Promise<void> => {
    this.added.push(...tasks);
    return Promise.resolve();
  };
}
