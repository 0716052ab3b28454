import type { Metrics, Sample } from './metrics.js';
import { Durations } from './tally.js';

/** Requests of one kind: how they were answered, and how long that took. */
export class RequestTally {
  readonly durations = new Durations();
  readonly statuses = new Map<number, number>();

  count(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.durations.observe(seconds);
  }
}

/** The requests of a service, by method and by what they ask for. */
export class RequestTallies {
  private readonly known = new Map<string, Map<string, RequestTally>>();

  /** Where such requests are counted: to be found before any comes, or by two look-ups. */
  of(method: string, operation: string): RequestTally {
    let byMethod = this.known.get(operation);
    if (byMethod === undefined) this.known.set(operation, (byMethod = new Map<string, RequestTally>()));
    let tally = byMethod.get(method);
    if (tally === undefined) byMethod.set(method, (tally = new RequestTally()));
    return tally;
  }

  *all(): Generator<{ method: string; operation: string; tally: RequestTally }> {
    for (const [operation, byMethod] of this.known) {
      for (const [method, tally] of byMethod) yield { method, operation, tally };
    }
  }

  /** How many there were of each status. */
  *statuses(): Generator<Sample<'method' | 'code' | 'operation'>> {
    for (const { method, operation, tally } of this.all()) {
      for (const [status, count] of tally.statuses) yield [{ method, code: String(status), operation }, count];
    }
  }

  *durations(): Generator<[Record<'method' | 'operation', string>, Durations]> {
    for (const { method, operation, tally } of this.all()) yield [{ method, operation }, tally.durations];
  }
}

/** Tells how long the operations of a service take. */
export function tellDurations(metrics: Metrics, tallies: RequestTallies): void {
  metrics.histograms('haven_http_request_duration_seconds', 'How long requests took, to the end of the answer.', () =>
    tallies.durations(),
  );
}

/**
 * Tells what Harbor does of requests to its core: those of the API, and those of /v2, which our registry answers and
 * therefore tells under the same names.
 */
export function tellHarborRequests(metrics: Metrics, tallies: RequestTallies, inFlight: () => number): void {
  metrics.counts(
    'harbor_core_http_request_total',
    'Requests, as Harbor counts them in its core.',
    ['method', 'code', 'operation'],
    () => tallies.statuses(),
  );
  metrics.summaries('harbor_core_http_request_duration_seconds', 'How long the last of these requests took.', () =>
    tallies.durations(),
  );
  metrics.gauge('harbor_core_http_inflight_requests', 'Requests that are being answered.', inFlight);
}
