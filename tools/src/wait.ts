import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is yes; false when the time is over. */
export async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(pauseMs);
  }
}
