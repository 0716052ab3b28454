import { Controller, Get } from '@nestjs/common';
import { open, Operation } from '@haven/http';
import { HealthService, type OverallHealth } from './health.service.js';

@Controller('/api/v2.0/health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Always 200, as with Harbor: the body tells. */
  @Get()
  @Operation('getHealth', open())
  getHealth(): Promise<OverallHealth> {
    return this.health.overall();
  }
}
