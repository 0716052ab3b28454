import { Controller, Delete, Get, Inject, Post } from '@nestjs/common';
import {
  CurrentProject,
  IdParam,
  inProject,
  Listing,
  Operation,
  Reply,
  RepositoryName,
  sendPage,
  type ListQuery,
  type ProjectIdentity,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { presentRestored, presentRestoredRepository, presentTrashed, presentTrashSize } from './trash.presenter.js';
import { TrashService } from './trash.service.js';

/** Ours, beside what Harbor has: deleted artifacts can be had back. Who may delete them may see to them here as well. */
@Controller('/api/v2.0/projects/:project_name_or_id/trash')
export class TrashController {
  constructor(@Inject(TrashService) private readonly trash: TrashService) {}

  @Get()
  @Operation('listTrash', inProject('artifact', 'delete'))
  async list(
    @CurrentProject() project: ProjectIdentity,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    return sendPage(reply, await this.trash.list(project, query), query).map(presentTrashed);
  }

  @Get('/size')
  @Operation('getTrashSize', inProject('artifact', 'delete'))
  async size(@CurrentProject() project: ProjectIdentity): Promise<object> {
    return presentTrashSize(await this.trash.size(project));
  }

  @Post('/:trash_id/restore')
  @Operation('restoreTrashed', inProject('artifact', 'delete'))
  async restore(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @IdParam('trash_id') id: number,
    @Reply() reply: FastifyReply,
  ): Promise<object> {
    reply.code(200);
    return presentRestored(await this.trash.restore(actor, project, id));
  }

  @Post('/repositories/:repository_name/restore')
  @Operation('restoreRepository', inProject('artifact', 'delete'))
  async restoreRepository(
    @CurrentActor() actor: Actor,
    @CurrentProject() project: ProjectIdentity,
    @RepositoryName() name: string,
    @Reply() reply: FastifyReply,
  ): Promise<object> {
    reply.code(200);
    return presentRestoredRepository(await this.trash.restoreRepository(actor, project, name));
  }

  @Delete()
  @Operation('emptyTrash', inProject('artifact', 'delete'))
  empty(@CurrentProject() project: ProjectIdentity): Promise<void> {
    return this.trash.empty(project);
  }
}
