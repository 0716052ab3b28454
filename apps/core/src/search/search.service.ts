import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';
import { ProjectRepository } from '../project/project.repository.js';
import type { SearchResult } from './search.presenter.js';
import { SearchRepository } from './search.repository.js';

@Injectable()
export class SearchService {
  constructor(
    @Inject(ProjectRepository) private readonly projects: ProjectRepository,
    @Inject(SearchRepository) private readonly found: SearchRepository,
  ) {}

  /** Projects and repositories that the caller may see and whose name holds the text. */
  async search(viewer: Principal, text: string): Promise<SearchResult> {
    const [projects, repositories] = await Promise.all([
      this.projects.search(viewer, text),
      this.found.findRepositories(viewer, text),
    ]);
    return { projects, repositories };
  }
}

/** `q` of the query: plain text here. @throws AppError UNPROCESSABLE_ENTITY when it is missing */
export function searchedText(params: unknown): string {
  const text = textParam(params, 'q');
  if (text === undefined) throw Errors.unprocessable('q in query is required');
  return text;
}
