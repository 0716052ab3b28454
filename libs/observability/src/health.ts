export interface HealthCheck {
  name: string;
  /** Resolves when the dependency can be used; its error says what is wrong. */
  check(): Promise<unknown>;
}

export interface HealthResult {
  name: string;
  healthy: boolean;
  /** For the log and for operators; never holds a secret. */
  error?: string;
}

async function withTimeout(check: HealthCheck, timeoutMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([check.check(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs all checks side by side, each under a time limit, and never throws. */
export async function runHealthChecks(checks: readonly HealthCheck[], timeoutMs = 3000): Promise<HealthResult[]> {
  return Promise.all(
    checks.map(async (check) => {
      try {
        await withTimeout(check, timeoutMs);
        return { name: check.name, healthy: true };
      } catch (error) {
        return { name: check.name, healthy: false, error: Error.isError(error) ? error.message : String(error) };
      }
    }),
  );
}
