import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { AccessService, type ListQuery, type PageOf, type ProjectIdentity } from '@haven/http';
import { AuditLogRepository, type AuditLogExtRow, type AuditLogRow, type AuditScope } from './audit-log.repository.js';
import { entitiesOf } from '../project/project-visibility.js';

@Injectable()
export class AuditLogService {
  constructor(
    @Inject(AuditLogRepository) private readonly logs: AuditLogRepository,
    @Inject(AccessService) private readonly access: AccessService,
  ) {}

  /** The older lines that the caller may read. */
  list(viewer: Principal, query: ListQuery): Promise<PageOf<AuditLogRow>> {
    return this.logs.list(this.scopeOf(viewer), query);
  }

  /** The lines that the caller may read: everything with the right to it, else those of the projects they administer. */
  listExt(viewer: Principal, query: ListQuery): Promise<PageOf<AuditLogExtRow>> {
    return this.logs.listExt(this.scopeOf(viewer), query);
  }

  listOfProject({ projectId }: ProjectIdentity, query: ListQuery): Promise<PageOf<AuditLogRow>> {
    return this.logs.list({ kind: 'project', projectId }, query);
  }

  listExtOfProject({ projectId }: ProjectIdentity, query: ListQuery): Promise<PageOf<AuditLogExtRow>> {
    return this.logs.listExt({ kind: 'project', projectId }, query);
  }

  private scopeOf(viewer: Principal): AuditScope {
    if (this.access.canInSystem(viewer, 'audit-log', 'list')) return { kind: 'all' };
    return viewer.kind === 'user' ? { kind: 'readableBy', entities: entitiesOf(viewer) } : { kind: 'none' };
  }
}
