import type { Metrics, RequestTally, Sample } from '@haven/observability';
import { distributionRequests, reportInFlight } from '../metrics.js';
import type { V2Kind } from './v2-request.js';

/** What distribution calls a handler and Harbor an operation. */
const names: Readonly<Record<V2Kind | 'others', { handler: string; operation: string }>> = {
  base: { handler: 'base', operation: 'v2_others' },
  catalog: { handler: 'catalog', operation: 'v2_catalog' },
  tags: { handler: 'tags_list', operation: 'v2_tags' },
  manifest: { handler: 'manifest', operation: 'v2_manifest' },
  blob: { handler: 'blob', operation: 'v2_blob' },
  uploads: { handler: 'blob_upload', operation: 'v2_blob_upload' },
  upload: { handler: 'blob_upload_chunk', operation: 'v2_blob_upload' },
  referrers: { handler: 'referrers', operation: 'v2_referrers' },
  others: { handler: 'others', operation: 'v2_others' },
};

/** Counts the requests of one kind and method. */
export class RouteMeter {
  inFlight = 0;

  constructor(
    readonly handler: string,
    private readonly tallies: readonly RequestTally[],
  ) {}

  started(): void {
    this.inFlight += 1;
  }

  ended(status: number, seconds: number): void {
    this.inFlight -= 1;
    for (const tally of this.tallies) tally.count(status, seconds);
  }
}

/** Every request of /v2, under the names of Harbor and of distribution. */
export class RouteMeters {
  private readonly known = new Map<V2Kind | 'others', Map<string, RouteMeter>>();
  private readonly harbor;
  private readonly distribution;

  constructor(metrics: Metrics) {
    this.harbor = reportInFlight(metrics, () => this.inFlight());
    this.distribution = distributionRequests(metrics);
  }

  /** @param kind `others` for a path that is none */
  of(kind: V2Kind | 'others', method: string): RouteMeter {
    let byMethod = this.known.get(kind);
    if (byMethod === undefined) this.known.set(kind, (byMethod = new Map<string, RouteMeter>()));
    let meter = byMethod.get(method);
    if (meter === undefined) {
      const { handler, operation } = names[kind];
      meter = new RouteMeter(handler, [this.harbor.of(method, operation), this.distribution.of(method, handler)]);
      byMethod.set(method, meter);
    }
    return meter;
  }

  private *inFlight(): Generator<Sample<'handler'>> {
    for (const byMethod of this.known.values()) {
      for (const { handler, inFlight } of byMethod.values()) yield [{ handler }, inFlight];
    }
  }
}
