import 'reflect-metadata';
import type pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { entities } from '../entity/index.js';
import {
  assertOutsideTransaction,
  Database,
  poolOptions,
  runTransaction,
  TransactionSql,
  type DatabaseSettings,
  type PoolSettings,
} from './database.js';
import type { Sql } from './sql.js';

/** TypeORM over the platform's entities. Never changes the schema: migrations do. */
export function createDataSource(settings: DatabaseSettings, pool: PoolSettings): DataSource {
  const { host, port, name, user, password } = settings;
  return new DataSource({
    type: 'postgres',
    host,
    port,
    database: name,
    username: user,
    password,
    entities,
    synchronize: false,
    extra: poolOptions(settings, pool),
  });
}

/** The one connection of a transaction: TypeORM's manager and plain SQL, side by side. */
export interface Transaction extends Sql {
  readonly manager: EntityManager;
}

/** Core's door to the database: TypeORM and plain SQL over one pool. */
export class ModelStore {
  /** Plain SQL outside transactions, on the same pool. */
  readonly sql: Database;

  private constructor(readonly dataSource: DataSource) {
    this.sql = new Database((dataSource.driver as unknown as { master: pg.Pool }).master);
  }

  static async connect(settings: DatabaseSettings, pool: PoolSettings): Promise<ModelStore> {
    return new ModelStore(await createDataSource(settings, pool).initialize());
  }

  /** For reads outside transactions. */
  get manager(): EntityManager {
    assertOutsideTransaction();
    return this.dataSource.manager;
  }

  /**
   * Runs `work` in one transaction on one connection, as Database.transaction does.
   * @throws AppError UNAVAILABLE when the pool is exhausted or the database is away
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return runTransaction(async () => {
      const runner = this.dataSource.createQueryRunner();
      let tx: TransactionSql | undefined;
      try {
        tx = new TransactionSql((await runner.connect()) as pg.PoolClient);
        await runner.startTransaction();
        const result = await work({ ...tx.sql, manager: runner.manager });
        tx.end();
        await runner.commitTransaction();
        return result;
      } catch (error) {
        tx?.end();
        if (runner.isTransactionActive) await runner.rollbackTransaction();
        throw tx?.causeOf(error) ?? error;
      } finally {
        await runner.release();
      }
    });
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}
