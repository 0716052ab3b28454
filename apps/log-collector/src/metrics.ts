import { Metrics, type Sample } from '@haven/observability';
import type { ForwardService } from './forward/forward.service.js';
import type { TailService } from './query/tail.service.js';
import type { LogStore } from './store/log-store.js';
import type { SyslogServer } from './syslog/syslog.server.js';

interface Parts {
  store: LogStore;
  syslog: SyslogServer;
  tails: TailService;
  forwards: ForwardService;
}

/** What the log collector tells of itself: counts that its parts keep anyway. */
export function logCollectorMetrics({ store, syslog, tails, forwards }: Parts): Metrics {
  const metrics = new Metrics();
  const gauge = metrics.gauge.bind(metrics);
  const count = (name: string, help: string, read: () => number): void => {
    metrics.counts(name, help, [], () => [[{}, read()]]);
  };
  count('haven_log_lines_total', 'Lines taken.', () => store.counts.lines);
  count('haven_log_bytes_total', 'Bytes of lines taken.', () => store.counts.bytes);
  gauge('haven_log_pending_bytes', 'Bytes of lines that wait to be written.', () => store.pending);
  gauge('haven_log_stored_bytes', 'Bytes of log files.', () => store.size().bytes);
  gauge('haven_log_segments', 'Log files.', () => store.size().segments);
  count('haven_log_segments_removed_total', 'Log files removed for age or space.', () => store.counts.segmentsRemoved);
  gauge('haven_log_disk_refuses', 'Whether the disk takes no more lines.', () => Number(store.isStuck));
  gauge('haven_log_syslog_connections', 'Open syslog connections.', () => syslog.connections);
  count('haven_log_datagrams_dropped_total', 'Syslog datagrams dropped.', () => syslog.counts.datagramsDropped);
  gauge('haven_log_tails', 'Readers of new lines.', () => tails.count);

  const byTarget = (read: (counts: { lines: number; refused: number }) => number) => (): Sample<'target'>[] =>
    forwards.forwarders.map(({ target, counts }) => [{ target: target.name }, read(counts)]);
  metrics.counts(
    'haven_log_forwarded_lines_total',
    'Lines passed on.',
    ['target'],
    byTarget(({ lines }) => lines),
  );
  metrics.counts(
    'haven_log_forward_refused_lines_total',
    'Lines that the other side refused for good.',
    ['target'],
    byTarget(({ refused }) => refused),
  );
  return metrics;
}
