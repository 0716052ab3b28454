import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { AccessService } from '@haven/http';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { logReaders } from '../audit-log/audit-log.repository.js';
import { entitiesOf, membershipsSql } from '../project/project-visibility.js';
import { AccountRepository, toPrincipal } from '../security/account.repository.js';

/** What somebody may see of what happens. */
export interface View {
  sees(projectId: number): boolean;
  /** Whether addresses of others are shown too: to whom the project's log is open. */
  seesAddresses(projectId: number): boolean;
}

const everything: View = { sees: () => true, seesAddresses: () => true };

/** Finds out what somebody may see at this moment: all of it with the right to the audit log, members their projects. */
@Injectable()
export class ViewerService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(AccountRepository) private readonly accounts: AccountRepository,
    @Inject(AccessService) private readonly access: AccessService,
  ) {}

  /** Null for whom nothing is to be seen: a user who is gone, a robot without the right. */
  async viewOf(principal: Principal): Promise<View | null> {
    if (principal.kind !== 'user') return this.access.canInSystem(principal, 'audit-log', 'list') ? everything : null;
    const account = await this.accounts.findById(principal.userId);
    if (account === null) return null;
    const now = toPrincipal(account, principal);
    if (this.access.canInSystem(now, 'audit-log', 'list')) return everything;
    const own = await this.store.sql.rows<{ projectId: number; isReader: boolean }>(
      sql(
        `SELECT project_id AS "projectId", bool_or(role = ANY($2)) AS "isReader"
           FROM (${membershipsSql('$1')}) AS own GROUP BY project_id`,
        entitiesOf(now),
        logReaders,
      ),
    );
    const projects = new Map(own.map(({ projectId, isReader }) => [projectId, isReader]));
    return { sees: (id) => projects.has(id), seesAddresses: (id) => projects.get(id) === true };
  }
}
