import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';
import { z } from 'zod';

export const reportNames = ['top-images', 'traffic', 'growth', 'failures'] as const;
export type ReportName = (typeof reportNames)[number];

/** What images can be ranked by. */
export const rankings = ['pulls', 'pushes', 'bytes_out', 'bytes_in'] as const;

/** What a report is asked for. */
export interface ReportQuestion {
  name: ReportName;
  from: Date;
  /** Does not count itself. */
  to: Date;
  interval: 'hour' | 'day';
  /** Whether each project has rows of its own. */
  byProject: boolean;
  ranking: (typeof rankings)[number];
  isCsv: boolean;
}

const dayMs = 86_400_000;
const usualDays = 7;
const mostDays = 366;

const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

function timeParam(params: unknown, name: string): Date | null {
  const text = textParam(params, name);
  if (text === undefined) return null;
  if (!time.safeParse(text).success)
    throw Errors.badRequest(`${name} is a day or a time, such as 2026-01-31T08:00:00Z`);
  return new Date(text);
}

function wordParam<Word extends string>(params: unknown, name: string, words: readonly [Word, ...Word[]]): Word {
  const text = textParam(params, name) ?? words[0];
  const known = words.find((word) => word === text);
  if (known === undefined) throw Errors.badRequest(`${name} is one of ${words.join(', ')}`);
  return known;
}

/** Reads the query. @throws AppError NOT_FOUND for a report that there is not, BAD_REQUEST that says what is wrong */
export function reportQuestion(report: string, params: unknown, accept: string | undefined): ReportQuestion {
  const name = reportNames.find((known) => known === report);
  if (name === undefined) throw Errors.notFound(`there is no report ${JSON.stringify(report)}`);
  const to = timeParam(params, 'to') ?? new Date();
  const from = timeParam(params, 'from') ?? new Date(to.getTime() - usualDays * dayMs);
  if (from >= to) throw Errors.badRequest('from is before to');
  if (to.getTime() - from.getTime() > mostDays * dayMs) {
    throw Errors.badRequest(`from and to are ${mostDays} days apart at the most`);
  }
  const wantsCsv = accept?.split(',').some((type) => type.trim().startsWith('text/csv')) === true;
  return {
    name,
    from,
    to,
    interval: wordParam(params, 'interval', ['day', 'hour']),
    byProject: wordParam(params, 'by', ['platform', 'project']) === 'project',
    ranking: wordParam(params, 'rank', rankings),
    isCsv: wordParam(params, 'format', wantsCsv ? ['csv', 'json'] : ['json', 'csv']) === 'csv',
  };
}
