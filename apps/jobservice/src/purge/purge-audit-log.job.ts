import { Inject, Injectable } from '@nestjs/common';
import { Database, sql } from '@haven/models';
import type { JobContext, JobHandler, JobParameters } from '@haven/queue';

const batchSize = 5_000;
/** Harbor's word for all types but these. */
const other = 'other';
const named = ['create_artifact', 'delete_artifact', 'pull_artifact'];

/** Removes old lines of the audit log, of the kinds that were named. */
@Injectable()
export class PurgeAuditLogJob implements JobHandler<'PURGE_AUDIT_LOG'> {
  readonly job = 'PURGE_AUDIT_LOG';

  constructor(@Inject(Database) private readonly db: Database) {}

  async run(parameters: JobParameters<'PURGE_AUDIT_LOG'>, { log, signal, report }: JobContext): Promise<void> {
    const { retentionHours, eventTypes, isDry } = parameters;
    log.info('Purge audit job start');
    log.info(`job parameters: retention_hour ${retentionHours}, event types ${eventTypes.join(',')}, dry_run ${isDry}`);
    if (retentionHours <= 0) {
      log.info('nothing is meant: quit purge job');
      return;
    }
    const before = new Date(Date.now() - retentionHours * 3_600_000);
    const rows = isDry ? await this.count(before, eventTypes) : await this.purge(before, eventTypes, signal);
    report({ purged: rows });
    log.info(`${isDry ? '[DRYRUN]' : ''}Purged ${rows} rows of audit logs`);
  }

  private async count(before: Date, types: readonly string[]): Promise<number> {
    return (
      await this.db.one<{ rows: number }>(
        sql(`SELECT count(*) AS rows ${meant}`, before, types, types.includes(other), named),
      )
    ).rows;
  }

  private async purge(before: Date, types: readonly string[], signal: AbortSignal): Promise<number> {
    let purged = 0;
    for (;;) {
      signal.throwIfAborted();
      const batch = `DELETE FROM audit_log_ext WHERE id IN (SELECT id ${meant} ORDER BY op_time, id LIMIT ${batchSize})`;
      const rows = await this.db.run(sql(batch, before, types, types.includes(other), named));
      purged += rows;
      if (rows < batchSize) return purged;
    }
  }
}

const kind = `operation || '_' || resource_type`;
const meant = `FROM audit_log_ext WHERE op_time < $1 AND (${kind} = ANY($2) OR ($3 AND ${kind} <> ALL($4)))`;
