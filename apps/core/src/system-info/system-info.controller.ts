import { Controller, Get } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { CurrentPrincipal, open, Operation } from '@haven/http';
import { SystemInfoService } from './system-info.service.js';

@Controller('/api/v2.0/systeminfo')
export class SystemInfoController {
  constructor(private readonly systemInfo: SystemInfoService) {}

  @Get()
  @Operation('getSystemInfo', open())
  getSystemInfo(@CurrentPrincipal() principal: Principal): object {
    return this.systemInfo.general(principal);
  }
}
