import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OutboundClient } from '@haven/outbound';
import type { LogCollectorConfig } from '../log-collector.config.js';
import type { LogStore } from '../store/log-store.js';
import type { ForwardTarget } from './forward-target.js';
import { CoreTarget } from './core.target.js';
import { Forwarder } from './forwarder.js';
import { ElasticsearchTarget, LokiTarget } from './http.target.js';
import { SyslogTarget } from './syslog.target.js';

/** All places that lines are passed on to. */
export class ForwardService {
  readonly forwarders: readonly Forwarder[];

  constructor(config: LogCollectorConfig, store: LogStore, onError: (error: unknown, what: string) => void) {
    this.forwarders = targetsOf(config).map((target) => {
      const stateFile = join(config.root, `forwarded-${target.name}.json`);
      return new Forwarder(store, target, { stateFile, onError });
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.forwarders.map((forwarder) => forwarder.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.forwarders.map((forwarder) => forwarder.stop()));
  }
}

function targetsOf(config: LogCollectorConfig): ForwardTarget[] {
  const { forwardLokiUrl, forwardElasticsearchUrl, forwardSyslog, outboundReach, outboundCaFile } = config;
  const outbound = new OutboundClient({
    reach: outboundReach,
    ca: outboundCaFile === '' ? '' : readFileSync(outboundCaFile, 'utf8'),
  });
  return [
    new CoreTarget(config),
    ...(forwardLokiUrl === null ? [] : [new LokiTarget(forwardLokiUrl, outbound)]),
    ...(forwardElasticsearchUrl === null ? [] : [new ElasticsearchTarget(forwardElasticsearchUrl, outbound)]),
    ...(forwardSyslog === null ? [] : [new SyslogTarget(forwardSyslog, outboundReach)]),
  ];
}
