import { Inject, Injectable } from '@nestjs/common';
import type { OutboxRow } from '@haven/models';
import type { Logger } from '@haven/observability';
import { z } from 'zod';
import { LOGGER } from '../registry.config.js';
import { shortUserAgent, type RegistryEvent } from './envelope.js';
import { EventOrigin } from './event-origin.js';

/** What the topics of the outbox are to distribution. */
const actions: Readonly<Record<string, { action: RegistryEvent['action']; method: string }>> = {
  'artifact.pushed': { action: 'push', method: 'PUT' },
  'tag.created': { action: 'push', method: 'PUT' },
  'artifact.deleted': { action: 'delete', method: 'DELETE' },
  'tag.deleted': { action: 'delete', method: 'DELETE' },
  'push.refused': { action: 'refuse', method: 'PUT' },
};

/** The payloads that libs/models writes, as far as events show them. */
const change = z.object({
  projectId: z.number(),
  repositoryId: z.number(),
  repository: z.string(),
  digest: z.string().optional(),
  actor: z.string(),
  at: z.string(),
  artifactId: z.number().optional(),
  mediaType: z.string().optional(),
  sizeBytes: z.number().optional(),
  tag: z.string().nullish(),
  tags: z.array(z.string()).default([]),
  sourceIp: z.string().default(''),
  requestId: z.string().default(''),
  userAgent: z.string().default(''),
  reason: z.string().optional(),
  origin: z.array(z.string()).default([]),
  traceparent: z.string().optional(),
});

/** Turns rows of the outbox into events of distribution's envelope. */
@Injectable()
export class ChangeEvents {
  constructor(
    @Inject(EventOrigin) private readonly origin: EventOrigin,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Null for a row that no receiver could make sense of: it must not hold up those behind it. */
  of(row: OutboxRow): RegistryEvent | null {
    const kind = actions[row.topic];
    const parsed = change.safeParse(row.payload);
    if (kind === undefined || !parsed.success) {
      this.log.error(
        { topic: row.topic, eventId: row.eventId, err: parsed.error },
        'outbox row not understood, left out',
      );
      return null;
    }
    const { data } = parsed;
    const { repository, digest, mediaType, sizeBytes, tag, artifactId, traceparent } = data;
    return {
      id: row.eventId,
      timestamp: data.at,
      action: kind.action,
      target: {
        repository,
        ...(digest === undefined ? {} : { digest, url: this.origin.manifestUrl(repository, digest) }),
        ...(mediaType === undefined ? {} : { mediaType }),
        ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
        ...(typeof tag === 'string' ? { tag } : {}),
      },
      request: {
        id: data.requestId,
        addr: data.sourceIp,
        host: this.origin.host,
        method: kind.method,
        useragent: shortUserAgent(data.userAgent),
      },
      actor: { name: data.actor },
      source: this.origin.source,
      projectId: data.projectId,
      repositoryId: data.repositoryId,
      ...(data.reason === undefined ? {} : { reason: data.reason }),
      ...(data.tags.length === 0 ? {} : { tags: data.tags }),
      ...(data.origin.length === 0 ? {} : { origin: data.origin }),
      ...(artifactId === undefined ? {} : { artifactId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
  }
}
