import { Controller, Get, Inject, Param } from '@nestjs/common';
import { inProject, Operation, Reply } from '@haven/http';
import type { FastifyReply } from 'fastify';
import type { ArtifactPath } from '../artifact/artifact-lookup.repository.js';
import { PathArtifact } from '../artifact/artifact-path.decorator.js';
import { AdditionService, type Addition } from './addition.service.js';

@Controller('/api/v2.0/projects/:project_name/repositories/:repository_name/artifacts/:reference/additions')
export class AdditionController {
  constructor(@Inject(AdditionService) private readonly additions: AdditionService) {}

  @Get('/vulnerabilities')
  @Operation('getVulnerabilitiesAddition', inProject('artifact-addition', 'read'))
  async getVulnerabilitiesAddition(@PathArtifact() path: ArtifactPath, @Reply() reply: FastifyReply): Promise<unknown> {
    return send(reply, await this.additions.vulnerabilities(path));
  }

  @Get('/:addition')
  @Operation('getAddition', inProject('artifact-addition', 'read'))
  async getAddition(
    @PathArtifact() path: ArtifactPath,
    @Param('addition') name: string,
    @Reply() reply: FastifyReply,
  ): Promise<unknown> {
    return send(reply, await this.additions.read(path, name));
  }
}

/** What somebody pushed is never to be taken for a page of ours. */
function send(reply: FastifyReply, { contentType, content }: Addition): Addition['content'] {
  reply.headers({ 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  return content;
}
