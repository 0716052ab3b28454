import {
  BoundedLabel,
  harborRequests,
  requestBuckets,
  reportPools,
  StatusCounts,
  type Metrics,
  type RequestMetrics,
  type Sample,
} from '@haven/observability';
import type { BlobStore, ByteBudget } from '@haven/storage';
import type { Databases } from './database/databases.js';

/** How often a cache had what it was asked for. */
export interface Lookups {
  hits: number;
  misses: number;
}

export type Content = 'blob' | 'manifest';

/** What one project pushes and pulls. */
interface ProjectTraffic {
  pulls: Readonly<Record<Content, Counter>>;
  pushes: Readonly<Record<Content | 'mount', Counter>>;
  pulledBytes: Counter;
  pushedBytes: Counter;
}
interface Counter {
  inc: (value?: number) => void;
}
interface Sizes {
  observe: (bytes: number) => void;
}

/** A series that begins with its first count would hide it: rates are of what is added to something. */
function fromZero(counter: Counter): Counter {
  counter.inc(0);
  return counter;
}

/** From 1 KiB to 4 GiB, in steps of four. */
const sizeBuckets = Array.from({ length: 12 }, (_, step) => 1024 * 4 ** step);

/** What goes in and out, by project: counted where it happens, by counters that are found by one look-up. */
export class Traffic {
  private readonly projects: BoundedLabel<ProjectTraffic>;
  private readonly storedSizes: Readonly<Record<Content, Sizes>>;
  private readonly pulledSizes: Readonly<Record<Content, Sizes>>;

  constructor(metrics: Metrics, projectLimit: number) {
    const pulls = metrics.counter('haven_registry_pulls_total', 'Manifests and blobs that clients got.', [
      'project',
      'kind',
    ]);
    const pushes = metrics.counter(
      'haven_registry_pushes_total',
      'Manifests and blobs that came in; a mount is a blob that came without bytes.',
      ['project', 'kind'],
    );
    const pulledBytes = metrics.counter(
      'haven_registry_pulled_bytes_total',
      'Bytes of pulls, as they are handed over: where nginx sends a blob, it may still be sending, or be cut off.',
      ['project'],
    );
    const pushedBytes = metrics.counter('haven_registry_pushed_bytes_total', 'Bytes of pushes, as they are stored.', [
      'project',
    ]);
    this.projects = new BoundedLabel(projectLimit, (project) => ({
      pulls: {
        blob: fromZero(pulls.labels({ project, kind: 'blob' })),
        manifest: fromZero(pulls.labels({ project, kind: 'manifest' })),
      },
      pushes: {
        blob: fromZero(pushes.labels({ project, kind: 'blob' })),
        manifest: fromZero(pushes.labels({ project, kind: 'manifest' })),
        mount: fromZero(pushes.labels({ project, kind: 'mount' })),
      },
      pulledBytes: fromZero(pulledBytes.labels({ project })),
      pushedBytes: fromZero(pushedBytes.labels({ project })),
    }));
    // Distribution's names.
    const requests = metrics.histogram('registry_http_request_size_bytes', 'Sizes of bodies that came.', sizeBuckets, [
      'handler',
    ]);
    const answers = metrics.histogram('registry_http_response_size_bytes', 'Sizes of pulls.', sizeBuckets, ['handler']);
    this.storedSizes = { blob: requests.labels('blob_upload_chunk'), manifest: requests.labels('manifest') };
    this.pulledSizes = { blob: answers.labels('blob'), manifest: answers.labels('manifest') };
  }

  pulled(kind: Content, repository: string, bytes: number): void {
    const { pulls, pulledBytes } = this.of(repository);
    pulls[kind].inc();
    pulledBytes.inc(bytes);
    this.pulledSizes[kind].observe(bytes);
  }

  /** Bytes that were stored, of an upload that may not be at its end. */
  stored(kind: Content, repository: string, bytes: number): void {
    this.of(repository).pushedBytes.inc(bytes);
    this.storedSizes[kind].observe(bytes);
  }

  /** Something is there now that can be pulled. */
  pushed(kind: Content | 'mount', repository: string): void {
    this.of(repository).pushes[kind].inc();
  }

  private of(repository: string): ProjectTraffic {
    return this.projects.of(repository.slice(0, repository.indexOf('/')));
  }
}

/** Where the registry keeps figures that Prometheus asks for. */
export interface MeasuredParts {
  databases: Pick<Databases, 'push' | 'pull'>;
  store: Pick<BlobStore, 'capacity'>;
  uploadMemory: Pick<ByteBudget, 'usedBytes'>;
  caches: Readonly<Record<string, { readonly lookups: Lookups }>>;
}

export function reportParts(metrics: Metrics, { databases, store, uploadMemory, caches }: MeasuredParts): void {
  reportPools(metrics, { push: databases.push, pull: databases.pull });
  metrics.gauge(
    'haven_storage_total_bytes',
    'Size of the blob store.',
    async () => ((await store.capacity()) ?? unknownSize).totalBytes,
  );
  metrics.gauge(
    'haven_storage_free_bytes',
    'Room in the blob store.',
    async () => ((await store.capacity()) ?? unknownSize).freeBytes,
  );
  metrics.gauge(
    'haven_registry_upload_memory_bytes',
    'Bytes of running uploads in memory.',
    () => uploadMemory.usedBytes,
  );
  metrics.counts('haven_cache_requests_total', 'What caches were asked for.', ['cache', 'result'], () =>
    Object.entries(caches).flatMap(([cache, { lookups }]): Sample<'cache' | 'result'>[] => [
      [{ cache, result: 'hit' }, lookups.hits],
      [{ cache, result: 'miss' }, lookups.misses],
    ]),
  );
}

const unknownSize = { totalBytes: Number.NaN, freeBytes: Number.NaN };

/** Requests under the names of distribution: `operation` is its handler. */
export function distributionRequests(metrics: Metrics): RequestMetrics {
  const requests = metrics.counter('registry_http_requests_total', 'Requests, as distribution counts them.', [
    'handler',
    'method',
    'code',
  ]);
  const durations = metrics.histogram(
    'registry_http_request_duration_seconds',
    'How long requests took; where nginx sends a blob, until it was told to.',
    requestBuckets,
    ['handler', 'method'],
  );
  return {
    of: (verb, handler) => {
      const method = verb.toLowerCase();
      const counts = new StatusCounts((code) => requests.labels({ handler, method, code }));
      const duration = durations.labels({ handler, method });
      return {
        count: (status, seconds) => {
          counts.inc(status);
          duration.observe(seconds);
        },
      };
    },
  };
}

/** Requests that are being answered, by distribution's handlers. */
export function reportInFlight(metrics: Metrics, read: () => Iterable<Sample<'handler'>>): RequestMetrics {
  metrics.gauges('registry_http_in_flight_requests', 'Requests that are being answered.', ['handler'], read);
  return harborRequests(metrics, () => [...read()].reduce((sum, [, count]) => sum + count, 0));
}
