import { Controller, Get, Header, Inject } from '@nestjs/common';
import { open, Operation } from '@haven/http';
import { TailService } from '../query/tail.service.js';
import { LogStore } from '../store/log-store.js';
import { SyslogServer } from '../syslog/syslog.server.js';

type Metric = [name: string, type: 'counter' | 'gauge', help: string, value: number];

/** For Prometheus. Like all of this service, on a private address only. */
@Controller('/metrics')
export class MetricsController {
  constructor(
    @Inject(LogStore) private readonly store: LogStore,
    @Inject(SyslogServer) private readonly syslog: SyslogServer,
    @Inject(TailService) private readonly tails: TailService,
  ) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @Operation('getMetrics', open())
  metrics(): string {
    return this.figures()
      .map(([name, type, help, value]) => {
        const full = `haven_log_${name}`;
        return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full} ${value}\n`;
      })
      .join('');
  }

  private figures(): Metric[] {
    const { lines, bytes, segmentsRemoved } = this.store.counts;
    const size = this.store.size();
    return [
      ['lines_total', 'counter', 'Lines taken.', lines],
      ['bytes_total', 'counter', 'Bytes of lines taken.', bytes],
      ['pending_bytes', 'gauge', 'Bytes of lines that wait to be written.', this.store.pending],
      ['stored_bytes', 'gauge', 'Bytes of log files.', size.bytes],
      ['segments', 'gauge', 'Log files.', size.segments],
      ['segments_removed_total', 'counter', 'Log files removed for age or space.', segmentsRemoved],
      ['disk_refuses', 'gauge', 'Whether the disk takes no more lines.', Number(this.store.isStuck)],
      ['syslog_connections', 'gauge', 'Open syslog connections.', this.syslog.connections],
      ['datagrams_dropped_total', 'counter', 'Syslog datagrams dropped.', this.syslog.counts.datagramsDropped],
      ['tails', 'gauge', 'Readers of new lines.', this.tails.count],
    ];
  }
}
