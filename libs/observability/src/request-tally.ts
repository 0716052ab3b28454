import type { Metrics } from './metrics.js';

/** Where the requests of one operation are counted, found before any comes: counting one makes nothing new. */
export interface RequestTally {
  count(status: number, seconds: number): void;
}

/** Something that counts requests. */
export interface RequestMetrics {
  of(method: string, operation: string): RequestTally;
}

/** Keeps one counter for each status of an operation. */
export class StatusCounts {
  private readonly counters = new Map<number, { inc: () => void }>();

  constructor(private readonly counterOf: (status: string) => { inc: () => void }) {}

  inc(status: number): void {
    let counter = this.counters.get(status);
    if (counter === undefined) this.counters.set(status, (counter = this.counterOf(String(status))));
    counter.inc();
  }
}

/** From a look-up in memory to a slow search. */
export const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** How long the operations of a service take. */
export function requestDurations(metrics: Metrics): RequestMetrics {
  const durations = metrics.histogram(
    'haven_http_request_duration_seconds',
    'How long requests took, until the last byte of the answer.',
    requestBuckets,
    ['method', 'operation'],
  );
  return {
    of: (method, operation) => {
      const duration = durations.labels({ method, operation });
      return {
        count: (_status, seconds) => {
          duration.observe(seconds);
        },
      };
    },
  };
}

/**
 * What Harbor counts of requests to its core: those of the API, and those of /v2, which our registry answers and therefore
 * counts under the same names.
 */
export function harborRequests(metrics: Metrics, inFlight: () => number): RequestMetrics {
  const requests = metrics.counter('harbor_core_http_request_total', 'Requests, as Harbor counts them in its core.', [
    'method',
    'code',
    'operation',
  ]);
  const durations = metrics.summary('harbor_core_http_request_duration_seconds', 'How long these requests took.', [
    'method',
    'operation',
  ]);
  metrics.gauge('harbor_core_http_inflight_requests', 'Requests that are being answered.', inFlight);
  return {
    of: (method, operation) => {
      const counts = new StatusCounts((code) => requests.labels({ method, code, operation }));
      const duration = durations.labels({ method, operation });
      return {
        count: (status, seconds) => {
          counts.inc(status);
          duration.observe(seconds);
        },
      };
    },
  };
}
