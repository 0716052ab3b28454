import { RequestTallies, type RequestTally } from '@haven/observability';
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

  constructor(private readonly tallies: readonly RequestTally[]) {}

  started(): void {
    this.inFlight += 1;
  }

  ended(status: number, seconds: number): void {
    this.inFlight -= 1;
    for (const tally of this.tallies) tally.count(status, seconds);
  }
}

/** Every request of /v2, by Harbor's operations and by distribution's handlers. */
export class RouteMeters {
  readonly harbor = new RequestTallies();
  readonly distribution = new RequestTallies();
  private readonly known = new Map<V2Kind | 'others', Map<string, RouteMeter>>();

  /** @param kind `others` for a path that is none */
  of(kind: V2Kind | 'others', method: string): RouteMeter {
    let byMethod = this.known.get(kind);
    if (byMethod === undefined) this.known.set(kind, (byMethod = new Map<string, RouteMeter>()));
    let meter = byMethod.get(method);
    if (meter === undefined) {
      const { handler, operation } = names[kind];
      meter = new RouteMeter([this.harbor.of(method, operation), this.distribution.of(method, handler)]);
      byMethod.set(method, meter);
    }
    return meter;
  }

  /** Requests that are being answered, by handler. */
  *inFlight(): Generator<[handler: string, count: number]> {
    for (const [kind, byMethod] of this.known) {
      for (const { inFlight } of byMethod.values()) yield [names[kind].handler, inFlight];
    }
  }
}
