import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { AccessService, type ListQuery, type PageOf, type ProjectIdentity } from '@haven/http';
import { bumpAccessVersion, findFirstAdmin, insertProject, recordAudit } from '@haven/models';
import { ModelStore, type Transaction } from '@haven/models/orm';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { MetadataRepository } from '../metadata/metadata.repository.js';
import type { Actor } from '../security/actor.decorator.js';
import {
  initialMetadata,
  requestedAllowlist,
  requestedMetadata,
  requireProjectName,
  requireStorageLimit,
} from './project-rules.js';
import { ProjectRepository, type ProjectRow } from './project.repository.js';
import type { ProjectBody } from './project.schema.js';

/** Whether a project can be deleted, and why not. */
export interface Deletability {
  deletable: boolean;
  message: string;
}

const holdsRepositories = 'the project contains repositories, can not be deleted';

@Injectable()
export class ProjectService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ProjectRepository) private readonly projects: ProjectRepository,
    @Inject(MetadataRepository) private readonly metadata: MetadataRepository,
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** The projects that the caller may see. */
  list(viewer: Principal, query: ListQuery): Promise<PageOf<ProjectRow>> {
    return this.projects.list(viewer, query);
  }

  /** Whether there is such a project, whoever asks. @throws AppError NOT_FOUND */
  async head(name: string): Promise<void> {
    if (!(await this.projects.exists(name))) throw Errors.notFound(`project ${name} not found`);
  }

  /** @throws AppError NOT_FOUND when it was deleted this moment */
  async get(viewer: Principal, project: ProjectIdentity): Promise<ProjectRow> {
    const row = await this.projects.find(project.projectId, viewer);
    if (row === null) throw Errors.notFound(`project ${project.name} not found`);
    return row;
  }

  /**
   * Makes a project; whoever makes it becomes its admin.
   * @throws AppError FORBIDDEN, BAD_REQUEST, CONFLICT
   */
  async create(actor: Actor, body: ProjectBody): Promise<{ projectId: number; name: string }> {
    const isAdmin = this.access.canInSystem(actor.principal, 'project', 'create');
    this.requireMayCreate(actor.principal, body, isAdmin);
    const name = requireProjectName(body.project_name);
    const metadata = initialMetadata(body);
    const storageLimitBytes = this.storageLimit(body, isAdmin);
    return this.store.transaction(async (tx) => {
      const ownerId = await this.ownerOf(tx, actor.principal);
      const projectId = await insertProject(tx, { name, ownerId, storageLimitBytes, metadata });
      if (projectId === null) throw Errors.conflict(`The project named ${name} already exists`);
      await record(tx, actor, 'create', { projectId, name });
      await bumpAccessVersion(tx);
      return { projectId, name };
    });
  }

  /** Changes metadata and allow-list; name, owner and storage limit stay. @throws AppError BAD_REQUEST */
  async update(actor: Actor, project: ProjectIdentity, body: ProjectBody): Promise<void> {
    const { projectId } = project;
    const metadata = requestedMetadata(body);
    const allowlist = body.cve_allowlist ? requestedAllowlist(body.cve_allowlist, projectId) : null;
    await this.requireSameRetention(projectId, body.metadata?.retention_id ?? '');
    await this.store.transaction(async (tx) => {
      if (!(await this.projects.lock(tx, projectId))) throw Errors.notFound(`project ${project.name} not found`);
      await this.metadata.write(tx, projectId, metadata);
      if (allowlist !== null) await this.projects.writeAllowlist(tx, projectId, allowlist);
      await this.projects.touch(tx, projectId);
      await record(tx, actor, 'update', project);
      if (metadata['public'] !== undefined) await bumpAccessVersion(tx);
    });
  }

  async deletability(project: ProjectIdentity): Promise<Deletability> {
    const full = await this.projects.hasRepositories(this.store.sql, project.projectId);
    return { deletable: !full, message: full ? holdsRepositories : '' };
  }

  /** @throws AppError PRECONDITION while it holds repositories, NOT_FOUND */
  async remove(actor: Actor, project: ProjectIdentity): Promise<void> {
    await this.store.transaction(async (tx) => {
      if (!(await this.projects.lock(tx, project.projectId))) {
        throw Errors.notFound(`project ${project.name} not found`);
      }
      if (await this.projects.hasRepositories(tx, project.projectId)) throw Errors.precondition(holdsRepositories);
      await this.projects.remove(tx, project.projectId);
      await record(tx, actor, 'delete', project);
      await bumpAccessVersion(tx);
    });
  }

  private requireMayCreate(principal: Principal, body: ProjectBody, isAdmin: boolean): void {
    const adminOnly = this.configuration.value('project_creation_restriction') === 'adminonly';
    if (!isAdmin && (adminOnly || principal.kind === 'robot')) {
      throw Errors.forbidden('Only system admin can create project');
    }
    const registryId = body.registry_id ?? null;
    if (registryId === null) return;
    if (!isAdmin) throw Errors.forbidden('Only system admin can create proxy cache project');
    throw Errors.badRequest(`registry ${registryId} not found`);
  }

  /** Only who manages the installation may choose; everyone else gets what is configured. */
  private storageLimit(body: ProjectBody, isAdmin: boolean): number {
    const asked = body.storage_limit ?? 0;
    return isAdmin && asked !== 0 ? requireStorageLimit(asked) : this.configuration.value('storage_per_project');
  }

  private async ownerOf(tx: Transaction, principal: Principal): Promise<number> {
    if (principal.kind === 'user') return principal.userId;
    const adminId = await findFirstAdmin(tx);
    if (adminId === null) throw Errors.precondition('cannot create project as no system admin found');
    return adminId;
  }

  /** A retention policy is bound to its project elsewhere; a request may only repeat which one it is. */
  private async requireSameRetention(projectId: number, retentionId: string): Promise<void> {
    if (retentionId === '') return;
    const stored = await this.metadata.read(projectId, 'retention_id');
    if (stored['retention_id'] !== retentionId) {
      throw Errors.badRequest('retention_id can only be the one that the project has, or be left out');
    }
  }
}

const record = (
  tx: Transaction,
  actor: Actor,
  operation: 'create' | 'update' | 'delete',
  project: { projectId: number; name: string },
): Promise<void> =>
  recordAudit(tx, {
    projectId: project.projectId,
    operation,
    resourceType: 'project',
    resource: project.name,
    username: actor.username,
    sourceIp: actor.sourceIp,
  });
