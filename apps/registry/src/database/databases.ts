import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@haven/models';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';

const pushConnections = 12;
const pullConnections = 4;

/** Two pools, so that pulls go on when pushes have used theirs up. */
@Injectable()
export class Databases {
  /** Everything that writes, and what reads on its behalf. */
  readonly push: Database;
  /** Lookups of requests that only read. */
  readonly pull: Database;

  constructor(@Inject(REGISTRY_CONFIG) { database }: RegistryConfig) {
    this.push = Database.connect(database, {
      applicationName: 'haven-registry-push',
      connections: pushConnections,
      plansOnce: true,
    });
    this.pull = Database.connect(database, {
      applicationName: 'haven-registry-pull',
      connections: pullConnections,
      plansOnce: true,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.push.close(), this.pull.close()]);
  }
}
