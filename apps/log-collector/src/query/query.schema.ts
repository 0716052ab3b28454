import { Errors } from '@haven/errors';
import { integerParam, textParam } from '@haven/http';
import { RE2JS, RE2JSException } from 're2js';
import { timeOf } from '../ingest/json-line.js';
import { LineFilter } from './line-filter.js';
import type { SearchOptions } from './log-search.js';
import { parsePosition, type Direction, type Position } from './position.js';

const mostLines = 1_000;
const usualLines = 100;
const longestText = 1_024;
const mostValues = 50;
const labelParams = ['service', 'host', 'level', 'project'];

function timeParam(params: unknown, name: string, fallback: number): number {
  const text = textParam(params, name);
  if (text === undefined) return fallback;
  const time = timeOf(text);
  if (time === null) throw Errors.badRequest(`${name} is a time such as 2026-01-31T08:00:00Z, or seconds since 1970`);
  return time;
}

function shortText(params: unknown, name: string): string | undefined {
  const text = textParam(params, name);
  if (text !== undefined && text.length > longestText) throw Errors.badRequest(`${name} is too long`);
  return text;
}

/** @throws AppError BAD_REQUEST */
function patternParam(params: unknown): RE2JS | null {
  const text = shortText(params, 'regex');
  if (text === undefined) return null;
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (error instanceof RE2JSException) throw Errors.badRequest(`regex: ${error.message}`, { cause: error });
    throw error;
  }
}

/** `service=core,registry` and the like; `label=name=value` for any other. */
function labelFilters(params: unknown): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  for (const name of labelParams) {
    const values = shortText(params, name)?.split(',') ?? [];
    if (values.length > mostValues) throw Errors.badRequest(`${name} has too many values`);
    if (values.length > 0) filters[name] = values;
  }
  const other = shortText(params, 'label');
  if (other !== undefined) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(other) ?? [];
    if (name === undefined || value === undefined) throw Errors.badRequest('label is name=value');
    filters[name] = [value];
  }
  return filters;
}

/** Which lines are meant. @throws AppError BAD_REQUEST that says what is wrong */
export function filterOf(params: unknown): LineFilter {
  const texts = ['text', 'request_id'].flatMap((name) => shortText(params, name) ?? []);
  return new LineFilter({
    from: timeParam(params, 'from', 0),
    to: timeParam(params, 'to', Number.MAX_SAFE_INTEGER),
    labels: labelFilters(params),
    texts,
    pattern: patternParam(params),
  });
}

/** How many lines, and which way. @throws AppError BAD_REQUEST */
export function searchOptionsOf(params: unknown): SearchOptions {
  const limit = integerParam(params, 'limit') ?? usualLines;
  if (limit < 1 || limit > mostLines) throw Errors.badRequest(`limit is between 1 and ${mostLines}`);
  return { direction: directionParam(params), limit, after: cursorParam(params) };
}

function directionParam(params: unknown): Direction {
  const text = textParam(params, 'direction') ?? 'backward';
  if (text !== 'forward' && text !== 'backward') throw Errors.badRequest('direction is forward or backward');
  return text;
}

function cursorParam(params: unknown): Position | null {
  const text = textParam(params, 'cursor');
  const position = text === undefined ? null : parsePosition(text);
  if (text !== undefined && position === null) throw Errors.badRequest('cursor is what an answer gave as next');
  return position;
}
