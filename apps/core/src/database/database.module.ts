import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { databaseSettings, readSettings } from '@haven/config';
import { ModelStore } from '@haven/models/orm';

/** Connections of core: the budget of one replica. */
const connections = 10;

/** Opens the one pool of core; everything that reads or writes the database is given `ModelStore`. */
@Global()
@Module({
  providers: [
    {
      provide: ModelStore,
      useFactory: () =>
        ModelStore.connect(readSettings(databaseSettings), { applicationName: 'haven-core', connections }),
    },
  ],
  exports: [ModelStore],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(ModelStore) private readonly store: ModelStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
