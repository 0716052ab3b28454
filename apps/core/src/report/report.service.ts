import { Inject, Injectable } from '@nestjs/common';
import { textParam, type ListQuery, type PageOf } from '@haven/http';
import { csvTable } from './csv.js';
import { ReportRepository, type ReportRow } from './report.repository.js';
import type { ReportQuestion } from './report.schema.js';

/** Rows of one answer: a table is not read page by page. */
const mostRows = 10_000;

/** A page of a report, and the query that it is the answer to. */
export interface Report {
  page: PageOf<ReportRow>;
  query: ListQuery;
  /** The page as a table, where that is asked for. */
  csv: string | null;
}

@Injectable()
export class ReportService {
  constructor(@Inject(ReportRepository) private readonly reports: ReportRepository) {}

  /** @param projectId null for the whole platform @param params as they were given: a table is a long page */
  async read(question: ReportQuestion, projectId: number | null, list: ListQuery, params: unknown): Promise<Report> {
    const isWhole = list.page.size === 0 || (question.isCsv && textParam(params, 'page_size') === undefined);
    const query = { ...list, page: { ...list.page, size: isWhole ? mostRows : list.page.size } };
    const page = await this.reports.read(question, projectId, query.page);
    return { page, query, csv: question.isCsv ? csvTable(this.reports.columns(question), page.items) : null };
  }
}
