import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { isSystemAdmin } from '@haven/http';
import { StatisticRepository } from './statistic.repository.js';

/** Harbor's Statistic: every figure is told, also when it is 0. */
export interface Statistic {
  private_project_count: number;
  private_repo_count: number;
  public_project_count: number;
  public_repo_count: number;
  total_project_count: number;
  total_repo_count: number;
  total_storage_consumption: number;
}

@Injectable()
export class StatisticService {
  constructor(@Inject(StatisticRepository) private readonly figures: StatisticRepository) {}

  /** What is public and what is the caller's own; totals for system administrators only. */
  async summarize(viewer: Principal): Promise<Statistic> {
    const isAdmin = isSystemAdmin(viewer);
    const [counts, bytes] = await Promise.all([this.figures.count(viewer), isAdmin ? this.figures.sumBytes() : 0]);
    return {
      private_project_count: counts.privateProjects,
      private_repo_count: counts.privateRepositories,
      public_project_count: counts.publicProjects,
      public_repo_count: counts.publicRepositories,
      total_project_count: isAdmin ? counts.publicProjects + counts.privateProjects : 0,
      total_repo_count: isAdmin ? counts.publicRepositories + counts.privateRepositories : 0,
      total_storage_consumption: bytes,
    };
  }
}
