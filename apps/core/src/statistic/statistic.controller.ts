import { Controller, Get, Inject } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { authenticated, CurrentPrincipal, Operation } from '@haven/http';
import { StatisticService, type Statistic } from './statistic.service.js';

@Controller('/api/v2.0/statistics')
export class StatisticController {
  constructor(@Inject(StatisticService) private readonly statistics: StatisticService) {}

  @Get()
  @Operation('getStatistic', authenticated())
  get(@CurrentPrincipal() viewer: Principal): Promise<Statistic> {
    return this.statistics.summarize(viewer);
  }
}
