import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import {
  CurrentProject,
  inProject,
  Operation,
  parseListQuery,
  Reply,
  sendPage,
  systemAdmin,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { reportQuestion } from './report.schema.js';
import { ReportService } from './report.service.js';

/** Rows, or a table. */
type Answer = Promise<readonly object[] | string>;

/** Ours, beside what Harbor has. See docs/image-operations.md for the parameters. */
@Controller('/api/v2.0')
export class ReportController {
  constructor(@Inject(ReportService) private readonly reports: ReportService) {}

  @Get('reports/:report')
  @Operation('getReport', systemAdmin())
  ofPlatform(@Param('report') name: string, @Req() request: FastifyRequest, @Reply() reply: FastifyReply): Answer {
    return this.answer(name, null, request, reply);
  }

  /** For whom the project's log is open to. */
  @Get('projects/:project_name_or_id/reports/:report')
  @Operation('getProjectReport', inProject('log', 'list'))
  ofProject(
    @CurrentProject() { projectId }: ProjectIdentity,
    @Param('report') name: string,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Answer {
    return this.answer(name, projectId, request, reply);
  }

  private async answer(
    name: string,
    projectId: number | null,
    { query: params, headers }: FastifyRequest,
    reply: FastifyReply,
  ): Answer {
    const question = reportQuestion(name, params, headers.accept);
    const { page, query, csv } = await this.reports.read(question, projectId, parseListQuery(params), params);
    const rows = sendPage(reply, page, query);
    if (csv === null) return rows;
    reply.headers({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${question.name}.csv"`,
    });
    return csv;
  }
}
