import { Controller, Get, Inject } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { CurrentPrincipal, inSystem, open, Operation, Reply } from '@haven/http';
import type { FastifyReply } from 'fastify';
import { SystemInfoService } from './system-info.service.js';

@Controller('/api/v2.0/systeminfo')
export class SystemInfoController {
  constructor(@Inject(SystemInfoService) private readonly systemInfo: SystemInfoService) {}

  @Get()
  @Operation('getSystemInfo', open())
  getSystemInfo(@CurrentPrincipal() principal: Principal): Promise<object> {
    return this.systemInfo.general(principal);
  }

  @Get('volumes')
  @Operation('getVolumes', inSystem('system-volumes', 'read'))
  getVolumes(): Promise<object> {
    return this.systemInfo.volumes();
  }

  @Get('getcert')
  @Operation('getCert', open())
  async getCert(@Reply() reply: FastifyReply): Promise<Buffer> {
    const certificate = await this.systemInfo.rootCertificate();
    reply.headers({ 'content-type': 'application/octet-stream', 'content-disposition': 'attachment; filename=ca.crt' });
    return certificate;
  }
}
