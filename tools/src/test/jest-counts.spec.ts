import { add, readJestReport, summaryLine } from './jest-counts.ts';

const report = (passed: number, failed: number, broken: number): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: broken });

describe('the counts of jest', () => {
  it('count a file that does not run as a failure', () => {
    expect(readJestReport(report(10, 2, 1))).toEqual({ passed: 10, failed: 3 });
  });

  it('are not guessed from a report of another form', () => {
    expect(() => readJestReport('{}')).toThrow('numPassedTests');
  });

  it('add up to the last line', () => {
    const sum = add(readJestReport(report(10, 0, 0)), readJestReport(report(5, 1, 0)));
    expect(summaryLine(sum)).toBe('15 passed, 1 failed');
  });
});
