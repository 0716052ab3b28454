import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isSystemAdmin, refusal, type AccessService } from './access.service.js';
import { operationOf, type Access } from './operation.decorator.js';
import { projectKey, type ProjectKey } from './project-directory.js';

type PathParams = Readonly<Record<string, string | undefined>>;

/** How the path names the project: `{project_name}` is always a name. */
function projectOf(request: FastifyRequest): ProjectKey {
  const params = request.params as PathParams;
  const nameOrId = params['project_name_or_id'];
  return nameOrId === undefined
    ? { name: params['project_name'] ?? '' }
    : projectKey(nameOrId, request.headers['x-is-resource-name']);
}

/** Lets a request through only as its operation declares; a handler that declares nothing is closed to everyone. */
export class AccessGuard implements CanActivate {
  constructor(private readonly access: AccessService) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const access = operationOf(context.getHandler())?.access;
    if (access?.kind === 'inProject') return this.enterProject(request, access);
    if (access !== undefined && this.admits(request, access)) return true;
    throw refusal(request.principal);
  }

  private admits(request: FastifyRequest, access: Exclude<Access, { kind: 'inProject' }>): boolean {
    const { principal } = request;
    switch (access.kind) {
      case 'open':
        return true;
      case 'authenticated':
        return principal.kind !== 'anonymous';
      case 'systemAdmin':
        return isSystemAdmin(principal);
      case 'internal':
        return principal.kind === 'service';
      case 'inSystem':
        return this.access.canInSystem(principal, access.resource, access.action);
      case 'selfOrSystem':
        return isSelf(request) || this.access.canInSystem(principal, access.resource, access.action);
    }
  }

  private async enterProject(request: FastifyRequest, access: Access & { kind: 'inProject' }): Promise<boolean> {
    const { resource, action } = access;
    const entered = await this.access.requireInProject(request.principal, projectOf(request), resource, action);
    request.project = entered.project;
    request.roles = entered.roles;
    return true;
  }
}

const isSelf = ({ principal, params }: FastifyRequest): boolean =>
  principal.kind === 'user' && (params as PathParams)['user_id'] === String(principal.userId);
