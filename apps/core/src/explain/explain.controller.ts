import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { authenticated, CurrentPrincipal, Operation } from '@haven/http';
import { question } from './explain.schema.js';
import { ExplainService, type Explanation } from './explain.service.js';

/** Ours, beside what Harbor has. */
@Controller('/api/v2.0/explain')
export class ExplainController {
  constructor(@Inject(ExplainService) private readonly explanations: ExplainService) {}

  @Get()
  @Operation('explain', authenticated())
  explain(@CurrentPrincipal() asker: Principal, @Query() params: unknown): Promise<Explanation> {
    return this.explanations.explain(asker, question(params));
  }
}
