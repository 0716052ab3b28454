import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { IngestService } from '../ingest/ingest.service.js';
import { LabelSets, type Labels, type LabelSet } from '../line/label-set.js';
import { levelOf } from '../line/level.js';
import { LogStore } from '../store/log-store.js';
import { LokiPushError, readLokiJson, readLokiProtobuf, type LokiStream } from './loki-push.js';
import { decompressSnappy, SnappyError } from './snappy.js';

const mostBodyBytes = 8 * 1024 * 1024;
const mostPlainBytes = 16 * 1024 * 1024;
/** Each is held in memory as a whole. */
const mostAtOnce = 4;
/** What senders call a service, the most telling first. */
const serviceLabels = ['service', 'service_name', 'app', 'container', 'job'];

/** Takes what is written for Loki's push API. */
@Injectable()
export class LokiService {
  private running = 0;

  constructor(
    @Inject(LogStore) private readonly store: LogStore,
    @Inject(LabelSets) private readonly sets: LabelSets,
    @Inject(IngestService) private readonly ingest: IngestService,
  ) {}

  /** Resolves when every line is on disk. @throws AppError BAD_REQUEST, TOO_MANY_REQUEST, STORAGE_FULL */
  async push(body: Readable | undefined, contentType: string | undefined): Promise<void> {
    if (this.running >= mostAtOnce) throw Errors.tooManyRequests('too many pushes at once, try again');
    this.running += 1;
    try {
      const streams = read(await whole(body), contentType);
      await this.store.room();
      await this.ingest.settle(new Set(streams.flatMap((stream) => this.append(stream))));
    } finally {
      this.running -= 1;
    }
  }

  private append({ labels, entries }: LokiStream): string[] {
    const set = this.labelSetOf(labels);
    for (const { time, line } of entries) this.store.append(set, time, line);
    return entries.length === 0 ? [] : [set.service];
  }

  private labelSetOf(labels: Labels): LabelSet {
    const service = serviceLabels.map((name) => labels[name]).find((value) => value !== undefined && value !== '');
    const level = levelOf(labels['level'] ?? labels['detected_level']);
    const host = labels['host'] ?? labels['hostname'] ?? labels['instance'] ?? '';
    return this.sets.of(service ?? 'unknown', { ...labels, host, ...(level === undefined ? {} : { level }) });
  }
}

function read(bytes: Buffer, contentType: string | undefined): LokiStream[] {
  try {
    if (contentType?.includes('json') === true) return readLokiJson(bytes.toString());
    return readLokiProtobuf(decompressSnappy(bytes, mostPlainBytes));
  } catch (error) {
    if (error instanceof LokiPushError || error instanceof SnappyError) {
      throw Errors.badRequest(error.message, { cause: error });
    }
    throw error;
  }
}

async function whole(body: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (body === undefined) return Buffer.alloc(0);
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBodyBytes) throw Errors.tooLarge(`a push brings ${mostBodyBytes} bytes at most`);
      chunks.push(chunk);
    }
  } finally {
    body.resume();
  }
  return Buffer.concat(chunks);
}
