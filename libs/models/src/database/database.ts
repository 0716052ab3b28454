import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { traced } from '@haven/observability';
import pg, { type PoolClient, type QueryResultRow } from 'pg';
import { isRetryable, sqlState, translateDatabaseError } from './database-errors.js';
import { tlsOptions, type DatabaseTls } from './database-tls.js';
import { sqlOver, type Query, type Sql } from './sql.js';

export interface DatabaseSettings {
  host: string;
  port: number;
  name: string;
  user: string;
  password: string;
  /** Without it, no TLS. */
  tls?: DatabaseTls;
  /** File with authorities (PEM); the system's without one. */
  caFile?: string;
}

export interface PoolSettings {
  /** Shown in pg_stat_activity. */
  applicationName: string;
  connections: number;
  /** Plans each named statement once a connection, whatever its values: for those that find rows by key. */
  plansOnce?: boolean;
}

/** Compiling a plan takes longer than any query here saves by it; a long list is sorted for a page without touching the disk. */
const planning = '-c jit=off -c work_mem=32MB';
const acquireTimeoutMs = 5_000;
const transactionAttempts = 8;
/** SQLSTATE of whatever comes after a failure. */
const transactionFailed = '25P02';
/** Longest pause before the second attempt; it doubles with each further one. */
const firstPauseMs = 25;

/** bigint comes as a number: sizes and ids stay far below 2^53. */
const parsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as Parser),
};
type Parser = (text: string) => unknown;

/** Options of node-postgres that every pool of the platform has: nothing waits for ever. */
export function poolOptions(settings: DatabaseSettings, pool: PoolSettings): pg.PoolConfig {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.name,
    user: settings.user,
    password: settings.password,
    ssl: tlsOptions(settings),
    application_name: pool.applicationName,
    max: pool.connections,
    connectionTimeoutMillis: acquireTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    // Statements that are not waited for one by one go out together.
    pipeline: true,
    statement_timeout: 30_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 15_000,
    options: `${planning}${pool.plansOnce === true ? ' -c plan_cache_mode=force_generic_plan' : ''}`,
    types: parsers,
  };
}

/** True inside `transaction`, to forbid asking the pool for a second connection there: two such wedge each other. */
const insideTransaction = new AsyncLocalStorage<true>();

/** Throws when called inside a transaction. Whoever hands out connections asks first. */
export function assertOutsideTransaction(): void {
  if (insideTransaction.getStore() === true) {
    throw new Error('a second connection was asked for inside a transaction: use the one of the transaction');
  }
}

/** Runs one attempt at a transaction until it is through: again after a deadlock, and as 503 when the database is away. */
export async function runTransaction<T>(attempt: () => Promise<T>): Promise<T> {
  assertOutsideTransaction();
  return traced('transaction', () => untilThrough(attempt));
}

async function untilThrough<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await insideTransaction.run(true, attempt);
    } catch (error) {
      if (!isRetryable(error) || tries === transactionAttempts) throw translateDatabaseError(error);
      // Random, so that those who were in each other's way are not again.
      await delay(Math.random() * firstPauseMs * 2 ** (tries - 1));
    }
  }
}

/** One pool of connections, and short transactions on it. */
export class Database implements Sql {
  readonly rows: Sql['rows'];
  readonly maybe: Sql['maybe'];
  readonly one: Sql['one'];
  readonly run: Sql['run'];

  constructor(private readonly pool: pg.Pool) {
    // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
    pool.on('error', () => undefined);
    const own = sqlOver({ query: (query) => this.query(query) });
    this.rows = own.rows;
    this.maybe = own.maybe;
    this.one = own.one;
    this.run = own.run;
  }

  static connect(settings: DatabaseSettings, pool: PoolSettings): Database {
    return new Database(new pg.Pool(poolOptions(settings, pool)));
  }

  /**
   * Runs `work` in one transaction on one connection; commits when it resolves, rolls back when it throws.
   * A deadlock is run again, so `work` may be called more than once: it holds nothing but statements of `tx`
   * and steps that may be repeated. Statements that it does not wait for one by one are sent together.
   * @throws AppError UNAVAILABLE when the pool is exhausted or the database is away
   */
  async transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return runTransaction(() => this.attempt(work));
  }

  /** How the pool is used at this moment. */
  get use(): { size: number; open: number; idle: number; waiting: number } {
    const { totalCount: open, idleCount: idle, waitingCount: waiting } = this.pool;
    return { size: this.pool.options.max, open, idle, waiting };
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async attempt<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    const tx = new TransactionSql(client);
    let broken: Error | undefined;
    try {
      // The first statements go along with BEGIN: should that fail, the connection is gone, and they fail with it.
      const [, result] = await Promise.all([client.query('BEGIN'), work(tx.sql)]);
      tx.end();
      await client.query('COMMIT');
      return result;
    } catch (error) {
      tx.end();
      broken = await rollback(client);
      throw tx.causeOf(error);
    } finally {
      client.release(broken);
    }
  }

  private async query(query: Query): Promise<{ rows: QueryResultRow[]; rowCount: number | null }> {
    assertOutsideTransaction();
    try {
      return await this.pool.query(query);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}

/**
 * The one connection of a transaction. Of statements that were sent together one may fail while another's answer leads to
 * a further one: after the end that is refused, for it would run outside.
 */
export class TransactionSql {
  readonly sql: Sql;
  private hasEnded = false;
  private firstFailure: unknown;

  constructor(client: PoolClient) {
    this.sql = sqlOver({
      query: async (query) => {
        if (this.hasEnded) throw new Error('the transaction has ended');
        try {
          return await client.query<QueryResultRow>(query);
        } catch (error) {
          this.firstFailure ??= error;
          throw error;
        }
      },
    });
  }

  /** What a statement says that only came after the one which failed is not why. */
  causeOf(error: unknown): unknown {
    return sqlState(error) === transactionFailed ? (this.firstFailure ?? error) : error;
  }

  end(): void {
    this.hasEnded = true;
  }
}

/** Rolls back; a connection that cannot even do that is thrown away. */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return Error.isError(error) ? error : new Error(String(error));
  }
}
