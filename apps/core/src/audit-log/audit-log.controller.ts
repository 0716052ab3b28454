import { Controller, Get, Inject } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  authenticated,
  CurrentPrincipal,
  CurrentProject,
  inProject,
  inSystem,
  Listing,
  Operation,
  Reply,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { eventTypes, presentAuditLog, presentAuditLogExt } from './audit-log.presenter.js';
import { AuditLogService } from './audit-log.service.js';

@Controller('/api/v2.0')
export class AuditLogController {
  constructor(@Inject(AuditLogService) private readonly logs: AuditLogService) {}

  @Get('audit-logs')
  @Operation('listAuditLogs', authenticated())
  async list(
    @CurrentPrincipal() viewer: Principal,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.logs.list(viewer, query), query).map(presentAuditLog);
  }

  @Get('auditlog-exts')
  @Operation('listAuditLogExts', authenticated())
  async listExt(
    @CurrentPrincipal() viewer: Principal,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.logs.listExt(viewer, query), query).map(presentAuditLogExt);
  }

  @Get('auditlog-exts/events')
  @Operation('listAuditLogEventTypes', inSystem('audit-log', 'list'))
  listEventTypes(): readonly object[] {
    return eventTypes;
  }

  @Get('projects/:project_name/logs')
  @Operation('getLogs', inProject('log', 'list'))
  async listOfProject(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.logs.listOfProject(project, query), query).map(presentAuditLog);
  }

  @Get('projects/:project_name/auditlog-exts')
  @Operation('getLogExts', inProject('log', 'list'))
  async listExtOfProject(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.logs.listExtOfProject(project, query), query).map(presentAuditLogExt);
  }
}
