import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '@haven/auth';
import { Database, recordAudit, sql } from '@haven/models';
import { OutboundClient, OutboundError } from '@haven/outbound';
import { JobError, PermanentJobError, type JobContext, type JobParameters } from '@haven/queue';
import { JOBSERVICE_CONFIG, type JobserviceConfig } from '../jobservice.config.js';

/** So much of an answer is read, and so much of that is written into the log. */
const mostAnswerBytes = 65_536;
const toldLength = 512;
/** A policy is switched off when nothing has arrived for so long, in so many tries. */
const failingHours = 24;
const mostFailures = 50;

interface Target {
  id: string;
  address: string;
  /** Encrypted; empty when there is none. */
  authHeader: string;
  skipsCertificate: boolean;
}

interface Policy {
  name: string;
  projectId: number;
  project: string;
  isEnabled: boolean;
  targets: Target[];
}

/** Delivers messages of webhook policies. */
@Injectable()
export class Delivery {
  private readonly box: SecretBox;

  constructor(
    @Inject(JOBSERVICE_CONFIG) private readonly config: JobserviceConfig,
    @Inject(Database) private readonly db: Database,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
  ) {
    this.box = new SecretBox(config.secretKey);
  }

  /** One try. @throws JobError when the target did not take it */
  async send(message: JobParameters<'WEBHOOK'>, { log, signal, run }: JobContext): Promise<void> {
    const { policyId, targetId } = message;
    const policy = await this.db.maybe<Policy>(
      sql(
        `SELECT policy.name, project_id AS "projectId", project.name AS project, enabled AS "isEnabled", targets
           FROM notification_policy policy JOIN project USING (project_id) WHERE policy.id = $1`,
        policyId,
      ),
    );
    const target = policy?.targets.find(({ id }) => id === targetId);
    if (policy === null || target === undefined) throw new PermanentJobError('the target is gone from the policy');
    if (!policy.isEnabled) throw new PermanentJobError('the policy is switched off');
    const began = performance.now();
    const elapsed = (): string => `after ${Math.round(performance.now() - began)} ms, attempt ${run}`;
    try {
      const status = await this.post(target, message, signal);
      log.info(`${new URL(target.address).host} answered ${status} ${elapsed()}`);
    } catch (error) {
      // Who is stopped, or whose process ends, has not learnt anything of the target.
      if (signal.aborted) throw error;
      log.info(`not taken by ${new URL(target.address).host} ${elapsed()}`);
      await this.noteFailure(policyId, policy);
      throw told(error);
    }
    await this.db.run(
      sql('UPDATE notification_policy SET failing_since = NULL, failures = 0 WHERE id = $1 AND failures > 0', policyId),
    );
  }

  private async post(
    target: Target,
    { contentType, body }: JobParameters<'WEBHOOK'>,
    signal: AbortSignal,
  ): Promise<number> {
    const timeoutMs = this.config.webhookTimeoutSeconds * 1_000;
    const response = await this.outbound.request(target.address, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        'user-agent': 'haven-webhook',
        ...(target.authHeader === '' ? {} : { authorization: this.box.decrypt(target.authHeader) }),
      },
      body,
      verifyCertificate: !target.skipsCertificate,
      ...{ totalMs: timeoutMs, idleMs: timeoutMs, signal },
    });
    const { status } = response;
    if (status >= 200 && status < 300) {
      response.drop();
      return status;
    }
    const answer = await response.text(mostAnswerBytes).catch(() => '');
    const shown = answer === '' ? '' : `: ${answer.slice(0, toldLength)}`;
    throw new JobError(`${new URL(target.address).host} answered ${status}${shown}`);
  }

  /** Counts, and switches the policy off when it has been in vain for long. */
  private async noteFailure(policyId: number, { name, projectId, project }: Policy): Promise<void> {
    await this.db.transaction(async (tx) => {
      const switchedOff = await tx.maybe(
        sql(
          `UPDATE notification_policy SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
                  enabled = NOT (failures + 1 >= $2 AND failing_since < now() - make_interval(hours => $3)),
                  disabled_reason = CASE WHEN failures + 1 >= $2 AND failing_since < now() - make_interval(hours => $3)
                    THEN 'nothing has arrived since ' || to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI"Z"')
                    ELSE disabled_reason END
            WHERE id = $1 AND enabled RETURNING CASE WHEN enabled THEN NULL ELSE id END AS id`,
          policyId,
          mostFailures,
          failingHours,
        ),
      );
      if (switchedOff === null || (switchedOff as { id: number | null }).id === null) return;
      await recordAudit(tx, {
        projectId,
        operation: 'update',
        resourceType: 'project',
        resource: project,
        username: 'harbor-jobservice',
        description: `switch webhook policy ${name} off: nothing has arrived for ${failingHours} hours`,
      });
    });
  }
}

const told = (error: unknown): unknown =>
  error instanceof OutboundError ? new JobError(error.message, { cause: error }) : error;
