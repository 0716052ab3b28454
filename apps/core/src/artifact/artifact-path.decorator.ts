import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { repositoryNameParam, type ProjectIdentity } from '@haven/http';
import type { FastifyRequest } from 'fastify';
import type { ArtifactPath } from './artifact-lookup.repository.js';

/** The artifact that the path names: project, repository and reference. Only on operations declared with `inProject`. */
export const PathArtifact = createParamDecorator((_data: undefined, context: ExecutionContext): ArtifactPath => {
  const request = context.switchToHttp().getRequest<FastifyRequest & { project: ProjectIdentity }>();
  const params = request.params as Readonly<Record<'repository_name' | 'reference', string>>;
  return {
    project: request.project,
    name: repositoryNameParam(params.repository_name),
    reference: params.reference,
  };
});
