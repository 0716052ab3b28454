import { reportPools, tellHarborRequests, type Metrics, type Sample } from '@haven/observability';
import type { BlobStore, ByteBudget } from '@haven/storage';
import type { Databases } from './database/databases.js';
import type { ProjectTraffic, Traffic } from './traffic.js';
import type { RouteMeters } from './v2/route-meter.js';

/** How often a cache had what it was asked for. */
export interface Lookups {
  hits: number;
  misses: number;
}

/** Where the registry keeps figures that Prometheus asks for. */
export interface MeasuredParts {
  databases: Pick<Databases, 'push' | 'pull'>;
  store: Pick<BlobStore, 'capacity'>;
  uploadMemory: Pick<ByteBudget, 'usedBytes'>;
  caches: Readonly<Record<string, { readonly lookups: Lookups }>>;
  traffic: Traffic;
  requests: RouteMeters;
}

/** What the registry tells of itself: all of it is counted by its parts, and only read here. */
export function tellRegistry(metrics: Metrics, parts: MeasuredParts): void {
  const { databases, traffic, requests, caches, uploadMemory } = parts;
  tellHarborRequests(metrics, requests.harbor, () =>
    [...requests.inFlight()].reduce((sum, [, count]) => sum + count, 0),
  );
  tellDistributionRequests(metrics, requests);
  tellTraffic(metrics, traffic);
  reportPools(metrics, { push: databases.push, pull: databases.pull });
  // A store that does not answer must not take all other figures with it.
  const room = async () => (await parts.store.capacity().catch(() => null)) ?? unknownRoom;
  metrics.gauge('haven_storage_total_bytes', 'Size of the blob store.', async () => (await room()).totalBytes);
  metrics.gauge('haven_storage_free_bytes', 'Room in the blob store.', async () => (await room()).freeBytes);
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

const unknownRoom = { totalBytes: Number.NaN, freeBytes: Number.NaN };

/** Under the names of distribution, which writes methods in small letters. */
function tellDistributionRequests(metrics: Metrics, requests: RouteMeters): void {
  const { distribution } = requests;
  const named = ({ method, operation }: Record<'method' | 'operation', string>) => ({
    handler: operation,
    method: method.toLowerCase(),
  });
  metrics.counts(
    'registry_http_requests_total',
    'Requests, as distribution counts them.',
    ['handler', 'method', 'code'],
    () => [...distribution.statuses()].map(([labels, count]) => [{ ...named(labels), code: labels.code }, count]),
  );
  metrics.histograms(
    'registry_http_request_duration_seconds',
    'How long requests took; where nginx sends a blob, until it was told to.',
    () => [...distribution.durations()].map(([labels, durations]) => [named(labels), durations]),
  );
  metrics.gauges('registry_http_in_flight_requests', 'Requests that are being answered.', ['handler'], () =>
    [...requests.inFlight()].map(([handler, count]) => [{ handler }, count]),
  );
}

function tellTraffic(metrics: Metrics, { projects, pulledSizes, storedSizes }: Traffic): void {
  const byKind = (read: (traffic: ProjectTraffic) => Readonly<Record<string, number>>) => () =>
    [...projects.all()].flatMap(([project, traffic]) =>
      Object.entries(read(traffic)).map(([kind, count]): Sample<'project' | 'kind'> => [{ project, kind }, count]),
    );
  const byProject = (read: (traffic: ProjectTraffic) => number) => () =>
    [...projects.all()].map(([project, traffic]): Sample<'project'> => [{ project }, read(traffic)]);
  metrics.counts(
    'haven_registry_pulls_total',
    'Manifests and blobs that clients got.',
    ['project', 'kind'],
    byKind(({ pulls }) => pulls),
  );
  metrics.counts(
    'haven_registry_pushes_total',
    'Manifests and blobs that came in; a mount is a blob that came without bytes.',
    ['project', 'kind'],
    byKind(({ pushes }) => pushes),
  );
  metrics.counts(
    'haven_registry_pulled_bytes_total',
    'Bytes of pulls, as they are handed over: where nginx sends a blob, it may still be sending, or be cut off.',
    ['project'],
    byProject(({ pulledBytes }) => pulledBytes),
  );
  metrics.counts(
    'haven_registry_pushed_bytes_total',
    'Bytes of pushes, as they are stored.',
    ['project'],
    byProject(({ pushedBytes }) => pushedBytes),
  );
  // Distribution's names.
  metrics.histograms('registry_http_request_size_bytes', 'Sizes of what came.', () => [
    [{ handler: 'blob_upload_chunk' }, storedSizes.blob],
    [{ handler: 'manifest' }, storedSizes.manifest],
  ]);
  metrics.histograms('registry_http_response_size_bytes', 'Sizes of what was pulled.', () => [
    [{ handler: 'blob' }, pulledSizes.blob],
    [{ handler: 'manifest' }, pulledSizes.manifest],
  ]);
}
