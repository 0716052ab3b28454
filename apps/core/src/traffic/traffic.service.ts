import { Inject, Injectable } from '@nestjs/common';
import { isFirstArrival } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { TrafficRepository } from './traffic.repository.js';
import type { TrafficBatch } from './traffic.schema.js';

/** Takes what the registry and the log collector have counted: at least once each, and adds it once. */
@Injectable()
export class TrafficService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(TrafficRepository) private readonly traffic: TrafficRepository,
  ) {}

  /**
   * Adds a batch, or nothing when its log is counted beyond its beginning.
   * @returns then, up to where: what comes after it may be brought again
   */
  receive({ counted, items }: TrafficBatch): Promise<number | null> {
    return this.store.transaction(async (tx) => {
      if ('id' in counted) {
        if (await isFirstArrival(tx, 'core', counted.id)) await this.traffic.add(tx, items);
        return null;
      }
      const position = await this.traffic.lockSource(tx, counted.source);
      if (position >= counted.from) return position;
      await this.traffic.add(tx, items);
      await this.traffic.moveSource(tx, counted.source, counted.to);
      return null;
    });
  }
}
