/** Outcome of tests, added up over runs. */
export interface Counts {
  passed: number;
  failed: number;
}

export const noTests: Counts = { passed: 0, failed: 0 };

export const add = (a: Counts, b: Counts): Counts => ({ passed: a.passed + b.passed, failed: a.failed + b.failed });

export const subtract = (a: Counts, b: Counts): Counts => ({
  passed: a.passed - b.passed,
  failed: a.failed - b.failed,
});

/** Reads the report of `jest --json`. A file that could not be run at all counts as one failed test. */
export function readJestReport(text: string): Counts {
  const report = JSON.parse(text) as Record<string, unknown>;
  const count = (key: string): number => {
    const value = report[key];
    if (typeof value !== 'number') throw new Error(`jest's report has no ${key}`);
    return value;
  };
  return { passed: count('numPassedTests'), failed: count('numFailedTests') + count('numRuntimeErrorTestSuites') };
}

/** The last line of `./haven test`. */
export const summaryLine = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`;
