import { Inject, Injectable } from '@nestjs/common';
import {
  loadSigningKey,
  SecretBox,
  signAccessToken,
  type IssuedToken,
  type Principal,
  type SigningKey,
  type TokenAccess,
} from '@haven/auth';
import { Errors } from '@haven/errors';
import { AccessService, isSystemAdmin, PROJECT_DIRECTORY, type ProjectDirectory } from '@haven/http';
import { ModelStore } from '@haven/models/orm';
import { splitRepositoryName } from '@haven/oci';
import type { Action } from '@haven/rbac';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import type { Scope } from './scope.js';

/** Actions of the token protocol that a repository knows. */
const repositoryActions: readonly Action[] = ['pull', 'push', 'delete'];
const signingKeyTtlMs = 60_000;
const mostScopes = 64;

/** Makes the tokens with which clients come to the registry. */
@Injectable()
export class TokenService {
  private readonly box: SecretBox;
  private signingKey: { key: SigningKey; readAt: number } | null = null;

  constructor(
    @Inject(CORE_CONFIG) config: CoreConfig,
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {
    this.box = new SecretBox(config.secretKey);
  }

  /**
   * As with Harbor, the requested actions do not matter: the token holds all that the caller may do in each scope.
   * @throws AppError UNAUTHORIZED for nobody who asks for nothing
   */
  async issue(principal: Principal, scopes: readonly Scope[]): Promise<IssuedToken> {
    if (principal.kind === 'anonymous' && scopes.length === 0) throw Errors.unauthorized();
    if (scopes.length > mostScopes) throw Errors.badRequest(`more than ${mostScopes} scopes`);
    const access: TokenAccess[] = [];
    for (const scope of scopes) access.push(await this.accessOf(principal, scope));
    const lifetimeSeconds = this.configuration.value('token_expiration') * 60;
    return signAccessToken(await this.currentKey(), principal.username, access, lifetimeSeconds);
  }

  private async accessOf(principal: Principal, scope: Scope): Promise<TokenAccess> {
    const { type, name } = scope;
    if (type === 'repository') return this.repositoryAccess(principal, name);
    const isCatalog = type === 'registry' && name === 'catalog';
    return { type, name, actions: isCatalog && this.access.canInSystem(principal, 'catalog', 'read') ? ['*'] : [] };
  }

  private async repositoryAccess(principal: Principal, name: string): Promise<TokenAccess> {
    const nothing = { type: 'repository', name, actions: [] };
    const parts = splitRepositoryName(name);
    if (parts === null) return nothing;
    const project = await this.projects.findProject({ name: parts.project });
    if (project === null) return nothing;
    const mayHaveRoles = principal.kind === 'user' && !isSystemAdmin(principal);
    const roles = mayHaveRoles ? await this.projects.rolesOf(principal, project.projectId) : [];
    const actions = repositoryActions.filter((action) =>
      this.access.canInProject(principal, { project, roles }, 'repository', action),
    );
    return { type: 'repository', name, actions, project_id: project.projectId };
  }

  private async currentKey(): Promise<SigningKey> {
    if (this.signingKey === null || Date.now() - this.signingKey.readAt > signingKeyTtlMs) {
      this.signingKey = { key: await loadSigningKey(this.store.sql, this.box), readAt: Date.now() };
    }
    return this.signingKey.key;
  }
}
