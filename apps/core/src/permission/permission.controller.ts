import { Controller, Get, Inject } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { authenticated, CurrentPrincipal, Operation } from '@haven/http';
import { PermissionService } from './permission.service.js';

@Controller('/api/v2.0/permissions')
export class PermissionController {
  constructor(@Inject(PermissionService) private readonly permissions: PermissionService) {}

  @Get()
  @Operation('getPermissions', authenticated())
  get(@CurrentPrincipal() viewer: Principal): Promise<object> {
    return this.permissions.grantable(viewer);
  }
}
