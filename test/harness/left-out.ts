/** Says on standard error that some tests do not run, and why. */
export function sayLeftOut(name: string, reason: string): void {
  process.stderr.write(`left out: ${name} (${reason})\n`);
}

/** `describe`, or its skipping twin, and a line that says so, when there is a reason to leave the tests out. */
export function describeUnless(reason: string | undefined, name: string, tests: () => void): void {
  if (reason === undefined) {
    describe(name, tests);
    return;
  }
  sayLeftOut(name, reason);
  describe.skip(name, tests);
}
