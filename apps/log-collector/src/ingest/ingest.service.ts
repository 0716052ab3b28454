import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';
import { LabelSets } from '../line/label-set.js';
import { LOG_COLLECTOR_CONFIG, type LogCollectorConfig } from '../log-collector.config.js';
import { LogStore } from '../store/log-store.js';
import { readJsonLine } from './json-line.js';
import { LineSplitter } from './line-splitter.js';

const mostBodyBytes = 64 * 1024 * 1024;
const named = ['service', 'host', 'level', 'project'];

/** Takes JSON lines over HTTP. */
@Injectable()
export class IngestService {
  constructor(
    @Inject(LogStore) private readonly store: LogStore,
    @Inject(LabelSets) private readonly sets: LabelSets,
    @Inject(LOG_COLLECTOR_CONFIG) private readonly config: LogCollectorConfig,
  ) {}

  /**
   * Resolves when every line is on disk.
   * @param params labels for lines that do not say them
   * @throws AppError STORAGE_FULL when the disk takes no more, REQUEST_ENTITY_TOO_LARGE
   */
  async take(body: Readable | undefined, params: unknown): Promise<{ accepted: number }> {
    const labels = Object.fromEntries(named.map((name) => [name, textParam(params, name) ?? '']));
    const defaults = { ...labels, service: textParam(params, 'service') ?? 'unknown' };
    const services = new Set<string>();
    let accepted = 0;
    // One byte more than is kept, so that a longer line is known for one.
    const lines = new LineSplitter(this.config.lineBytes + 1, (line) => {
      const read = readJsonLine(line, defaults, this.sets);
      this.store.append(read.labels, read.time ?? Date.now() * 1_000, line);
      services.add(read.labels.service);
      accepted += 1;
    });
    await this.read(body, lines);
    await this.settle(services);
    return { accepted };
  }

  private async read(body: Readable | undefined, lines: LineSplitter): Promise<void> {
    if (body === undefined) return;
    let bytes = 0;
    try {
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (this.store.isStuck) throw full();
        bytes += chunk.length;
        if (bytes > mostBodyBytes) throw Errors.tooLarge(`a request brings ${mostBodyBytes} bytes at most`);
        await this.store.room();
        lines.push(chunk);
      }
    } finally {
      // A sender that is refused half way hears of it when all it sends is read.
      body.resume();
    }
    lines.end();
  }

  /** Resolves when the lines that these services took are on disk. @throws AppError STORAGE_FULL */
  async settle(services: Iterable<string>): Promise<void> {
    try {
      await this.store.durable(services);
    } catch (error) {
      throw full(error);
    }
  }
}

const full = (cause?: unknown) =>
  Errors.storageFull('the disk takes no more log lines', cause === undefined ? {} : { cause });
