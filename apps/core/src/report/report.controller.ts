import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import {
  CurrentProject,
  inProject,
  Listing,
  Operation,
  Reply,
  sendPage,
  systemAdmin,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { reportQuestion } from './report.schema.js';
import { ReportService, type Report } from './report.service.js';

/** As JSON or as a table (CSV). */
function send(reply: FastifyReply, name: string, { page, query, csv }: Report): readonly object[] | string {
  const rows = sendPage(reply, page, query);
  if (csv === null) return rows;
  reply.headers({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.csv"`,
  });
  return csv;
}

/** Ours, beside what Harbor has. See docs/image-operations.md for the parameters. */
@Controller('/api/v2.0')
export class ReportController {
  constructor(@Inject(ReportService) private readonly reports: ReportService) {}

  @Get('reports/:report')
  @Operation('getReport', systemAdmin())
  async ofPlatform(
    @Param('report') name: string,
    @Query() params: unknown,
    @Listing() list: ListQuery,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[] | string> {
    const question = reportQuestion(name, params, request.headers.accept);
    return send(reply, name, await this.reports.read(question, null, list, params));
  }

  /** For whom the project's log is open to. */
  @Get('projects/:project_name_or_id/reports/:report')
  @Operation('getProjectReport', inProject('log', 'list'))
  async ofProject(
    @CurrentProject() { projectId }: ProjectIdentity,
    @Param('report') name: string,
    @Query() params: unknown,
    @Listing() list: ListQuery,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<readonly object[] | string> {
    const question = reportQuestion(name, params, request.headers.accept);
    return send(reply, name, await this.reports.read(question, projectId, list, params));
  }
}
