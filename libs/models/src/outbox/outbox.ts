import { randomUUID } from 'node:crypto';
import { traceCarrier } from '@haven/observability';
import { sql, statement, type Sql } from '../database/sql.js';

/** Who takes events from the outbox. */
export type OutboxConsumer = (typeof outboxConsumers)[number];
export const outboxConsumers = ['core', 'core-jobs', 'projection', 'audit-forward'] as const;

export interface OutboxEvent {
  topic: string;
  payload: object;
}

export interface OutboxRow {
  id: number;
  eventId: string;
  topic: string;
  payload: unknown;
  attempts: number;
}

const insert = statement(
  'outbox_insert',
  `INSERT INTO outbox (event_id, consumer, topic, payload)
   SELECT event.id, consumer, event.topic, event.payload
     FROM jsonb_to_recordset($2) AS event (id uuid, topic text, payload jsonb), unnest($1::text[]) AS consumer`,
);

/** Writes an event for each consumer, in the transaction of the change it tells of. */
export const appendOutbox = (tx: Sql, consumers: readonly OutboxConsumer[], event: OutboxEvent): Promise<void> =>
  appendOutboxAll(tx, consumers, [event]);

/** Writes any number of events with one statement; where tracing is on, with the trace that they belong to. */
export async function appendOutboxAll(
  tx: Sql,
  consumers: readonly OutboxConsumer[],
  events: readonly OutboxEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const trace = traceCarrier();
  const rows = events.map(({ topic, payload }) => ({ id: randomUUID(), topic, payload: { ...payload, ...trace } }));
  await tx.run(insert(consumers, JSON.stringify(rows)));
}

/**
 * Rows are claimed by state, never by "id greater than the last one": ids are handed out before they are committed.
 * A claim is a not-before in the future; whoever dies holding it loses it by time.
 */
const claim = statement(
  'outbox_claim',
  `UPDATE outbox SET not_before = now() + make_interval(secs => $3), attempts = attempts + 1
    WHERE id IN (SELECT id FROM outbox WHERE consumer = $1 AND not_before <= now()
                  ORDER BY not_before, id LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING id, event_id AS "eventId", topic, payload, attempts`,
);

/** Takes up to `limit` due rows for `holdSeconds`, oldest first. */
export async function claimOutbox(
  db: Sql,
  consumer: OutboxConsumer,
  limit: number,
  holdSeconds: number,
): Promise<OutboxRow[]> {
  const rows = await db.rows<OutboxRow>(claim(consumer, limit, holdSeconds));
  return rows.sort((a, b) => a.id - b.id);
}

/** Delivered: gone. */
export async function completeOutbox(db: Sql, ids: readonly number[]): Promise<void> {
  await db.run(sql('DELETE FROM outbox WHERE id = ANY($1)', ids));
}

/** Not delivered: due again after `delaySeconds`. */
export async function postponeOutbox(db: Sql, ids: readonly number[], delaySeconds: number): Promise<void> {
  await db.run(
    sql('UPDATE outbox SET not_before = now() + make_interval(secs => $2) WHERE id = ANY($1)', ids, delaySeconds),
  );
}

const arrive = statement(
  'inbox_arrive',
  'INSERT INTO inbox (event_id, consumer) VALUES ($1, $2) ON CONFLICT DO NOTHING',
);

/** Notes the arrival of an event, in the transaction of its effect. False when it has been here before. */
export async function isFirstArrival(tx: Sql, consumer: string, eventId: string): Promise<boolean> {
  return (await tx.run(arrive(eventId, consumer))) === 1;
}
