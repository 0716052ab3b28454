import type { Server } from 'node:http';
import type { ErrorLog } from './error-responder.js';

const IDLE_SWEEP_MS = 50;

/**
 * Stops listening and waits until the running requests are answered; what still runs after the grace is cut off.
 * @returns whether all of them were answered in time
 */
export async function drain(server: Server, graceMs: number): Promise<boolean> {
  if (!server.listening) return true;
  const closed = new Promise<true>((resolve) => {
    server.close(() => {
      resolve(true);
    });
  });
  // A kept-alive connection whose request has just ended would hold the server open until its own time-out.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, IDLE_SWEEP_MS);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, graceMs, false);
  });
  const inTime = await Promise.race([closed, late]);
  clearInterval(sweep);
  clearTimeout(timer);
  server.closeAllConnections();
  return inTime;
}

/** The part of `process` that takes signals and ends. */
export interface SignalTarget {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void): unknown;
  exit(code: number): unknown;
}

/** Runs the stop on the first SIGTERM or SIGINT and exits, 0 when it went well; a second signal exits at once. */
export function stopOnSignals(stop: () => Promise<void>, log: ErrorLog, target: SignalTarget = process): void {
  let stopping = false;
  const onSignal = (signal: string): void => {
    if (stopping) {
      log.warn({ signal }, 'stopping at once');
      target.exit(1);
      return;
    }
    stopping = true;
    log.info({ signal }, 'stopping');
    stop().then(
      () => target.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        target.exit(1);
      },
    );
  };
  target.on('SIGTERM', onSignal);
  target.on('SIGINT', onSignal);
}
