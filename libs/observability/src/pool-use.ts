import type { Metrics } from './metrics.js';

/** How a pool of connections is used at this moment. */
export interface PoolUse {
  /** Connections that may be open at most. */
  size: number;
  open: number;
  idle: number;
  /** Who waits for a connection. */
  waiting: number;
}

/** Tells how full the pools of connections to PostgreSQL are, by their names. */
export function reportPools(metrics: Metrics, pools: Readonly<Record<string, { readonly use: PoolUse }>>): void {
  const figures = (read: (use: PoolUse) => number) => () =>
    Object.entries(pools).map(([pool, { use }]) => [{ pool }, read(use)] as [{ pool: string }, number]);
  metrics.gauges(
    'haven_database_pool_size',
    'Connections to PostgreSQL that may be open.',
    ['pool'],
    figures(({ size }) => size),
  );
  metrics.gauges(
    'haven_database_pool_in_use',
    'Connections that are working.',
    ['pool'],
    figures(({ open, idle }) => open - idle),
  );
  metrics.gauges(
    'haven_database_pool_waiting',
    'Requests that wait for a connection.',
    ['pool'],
    figures(({ waiting }) => waiting),
  );
}
