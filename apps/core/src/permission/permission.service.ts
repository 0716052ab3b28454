import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { compact, isSystemAdmin } from '@haven/http';
import { robotPermissions } from '@haven/rbac';
import { PermissionRepository } from './permission.repository.js';

@Injectable()
export class PermissionService {
  constructor(@Inject(PermissionRepository) private readonly memberships: PermissionRepository) {}

  /**
   * Harbor's Permissions: what the caller could grant to a robot. System administrators see both lists, the admin of
   * any project those of projects.
   * @throws AppError FORBIDDEN for everyone else
   */
  async grantable(viewer: Principal): Promise<object> {
    if (isSystemAdmin(viewer)) return compact({ ...robotPermissions });
    if (!(await this.memberships.administersAny(viewer))) {
      throw Errors.forbidden('only admins(system and project) can access permissions');
    }
    return compact({ system: [], project: robotPermissions.project });
  }
}
