import { Inject, Injectable } from '@nestjs/common';
import { appendOutbox, isQuotaExceeded } from '@haven/models';
import type { Logger } from '@haven/observability';
import { Databases } from '../database/databases.js';
import { Outbox } from '../event/outbox.js';
import { LOGGER } from '../registry.config.js';

/** What was refused, and to whom. */
export interface RefusedPush {
  projectId: number;
  repositoryId: number | null;
  repository: string;
  actor: string;
  sourceIp: string;
  requestId: string;
}

/** Tells core of pushes that a full project has refused: their own transaction is gone, and what it wrote with it. */
@Injectable()
export class QuotaAlarm {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Looks at why a request failed. Does not reject: the answer to the client does not depend on it. */
  async heed(error: unknown, push: RefusedPush): Promise<void> {
    if (!isQuotaExceeded(error)) return;
    const payload = {
      ...push,
      repositoryId: push.repositoryId ?? 0,
      reason: error.message,
      at: new Date().toISOString(),
    };
    try {
      await appendOutbox(this.databases.push, ['core'], { topic: 'push.refused', payload });
      this.outbox.nudge();
    } catch (failure) {
      this.log.warn({ err: failure, projectId: push.projectId }, 'nobody was told of a push that the quota refused');
    }
  }
}
