import { join } from 'node:path';
import type { Logger } from '@haven/observability';
import { FileFollower } from './follow/file-follower.js';
import { ForwardService } from './forward/forward.service.js';
import type { LabelSets } from './line/label-set.js';
import type { LogCollectorConfig } from './log-collector.config.js';
import { LogStore } from './store/log-store.js';
import { SyslogIntake } from './syslog/syslog-intake.js';
import { SyslogServer } from './syslog/syslog.server.js';

const hourMs = 3_600_000;

const quietMs = 10_000;

/** Says each thing once in a while only: these lines are collected as well. */
function warn(log: Logger): (error: unknown, what: string) => void {
  const saidAt = new Map<string, number>();
  return (error, what) => {
    if (Date.now() - (saidAt.get(what) ?? 0) < quietMs) return;
    saidAt.set(what, Date.now());
    log.warn({ err: error }, what);
  };
}

export const openStore = (config: LogCollectorConfig, log: Logger): Promise<LogStore> =>
  LogStore.open({
    root: join(config.root, 'lines'),
    segmentBytes: config.segmentBytes,
    segmentMs: config.segmentHours * hourMs,
    orderWindowMs: config.orderWindowSeconds * 1_000,
    maxMessageBytes: config.lineBytes,
    memoryBytes: config.memoryBytes,
    retentionMs: config.retentionDays * 24 * hourMs,
    maxBytes: config.maxBytes,
    minFreeBytes: config.minFreeBytes,
    onError: warn(log),
  });

export const serveSyslog = (config: LogCollectorConfig, log: Logger, store: LogStore, sets: LabelSets): SyslogServer =>
  new SyslogServer(store, new SyslogIntake(store, sets), {
    udp: config.syslogUdp,
    tcp: config.syslogTcp,
    tls: config.syslogTls,
    maxMessageBytes: config.lineBytes,
    onError: warn(log),
  });

export const forward = (config: LogCollectorConfig, log: Logger, store: LogStore): ForwardService =>
  new ForwardService(config, store, warn(log));

export const follow = (config: LogCollectorConfig, log: Logger, store: LogStore, sets: LabelSets): FileFollower =>
  new FileFollower(store, sets, {
    folder: config.followFolder === '' ? null : config.followFolder,
    stateFile: join(config.root, 'followed.json'),
    maxLineBytes: config.lineBytes,
    onError: warn(log),
  });
