import { sql, type Sql } from '@haven/models';
import { vendorDefinition, vendorTypes } from './catalogue.js';

const batchSize = 200;

/**
 * Forgets old executions that are over, with their tasks and logs: of each policy the newest ones stay.
 * @returns how many were forgotten; a batch at a time, so 0 means done
 */
export async function sweepExecutions(db: Sql): Promise<number> {
  let swept = 0;
  for (const vendorType of vendorTypes) {
    swept += await db.run(
      sql(
        `WITH policy AS (
           SELECT DISTINCT vendor_id FROM execution WHERE vendor_type = $1
         ), kept AS (
           SELECT vendor_id, (SELECT id FROM execution
                               WHERE vendor_type = $1 AND execution.vendor_id = policy.vendor_id
                               ORDER BY id DESC OFFSET $2 LIMIT 1) AS oldest_id
             FROM policy
         )
         DELETE FROM execution WHERE id IN (
           SELECT id FROM execution JOIN kept USING (vendor_id)
            WHERE vendor_type = $1 AND status <> 'Running' AND id < oldest_id
            ORDER BY id LIMIT ${batchSize})`,
        vendorType,
        vendorDefinition(vendorType).retained - 1,
      ),
    );
  }
  return swept;
}
