import { Inject, Injectable } from '@nestjs/common';
import type { RuntimeKeyName } from '@haven/config';
import { Errors } from '@haven/errors';
import { bumpAccessVersion, recordAudit } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import type { Actor } from '../security/actor.decorator.js';
import { assertConsistent, toStored } from './configuration-rules.js';
import { ConfigurationRepository } from './configuration.repository.js';
import { ConfigurationService } from './configuration.service.js';
import { allKeys, type ConfigurationView } from './configuration.presenter.js';

/** What administrators see and change of the runtime settings. */
@Injectable()
export class ConfigurationChangeService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(ConfigurationRepository) private readonly properties: ConfigurationRepository,
  ) {}

  /** All settings as they are now, not as they were a moment ago. */
  async view(): Promise<ConfigurationView> {
    await this.configuration.refresh();
    const locked = this.configuration.isPinned ? new Set(allKeys) : await this.lockedKeys();
    return { value: (key) => this.configuration.value(key), locked };
  }

  /** @throws AppError BAD_REQUEST, FORBIDDEN when the environment lays the settings down */
  async update(actor: Actor, body: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.configuration.isPinned) {
      throw Errors.forbidden('the configuration is laid down by the environment and cannot be changed');
    }
    await this.configuration.refresh();
    const changed = toStored(body, 'body');
    assertConsistent(changed, (key) => changed.get(key) ?? String(this.configuration.value(key)));
    await this.assertUnlocked(changed);
    await this.store.transaction(async (tx) => {
      await this.properties.write(tx, this.configuration.seal(changed));
      await recordAudit(tx, {
        operation: 'update',
        resourceType: 'configuration',
        resource: [...changed.keys()].sort().join(', '),
        username: actor.username,
        sourceIp: actor.sourceIp,
      });
      // Who may log in, and how, can depend on any of it.
      await bumpAccessVersion(tx);
    });
    await this.configuration.refresh();
  }

  private async assertUnlocked(changed: ReadonlyMap<RuntimeKeyName, string>): Promise<void> {
    const locked = await this.lockedKeys();
    for (const [key, value] of changed) {
      if (locked.has(key) && value !== String(this.configuration.value(key))) {
        throw Errors.badRequest(`${key} cannot be changed: there are users already`);
      }
    }
  }

  /** Users of one kind cannot be told from those of another. */
  private async lockedKeys(): Promise<ReadonlySet<RuntimeKeyName>> {
    return new Set((await this.properties.hasUsers(this.store.sql)) ? ['auth_mode'] : []);
  }
}
