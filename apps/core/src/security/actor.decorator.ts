import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import type { FastifyRequest } from 'fastify';

/** Who acts, and from where: what an audit row says of a request. */
export interface Actor {
  principal: Principal;
  username: string;
  sourceIp: string;
}

/** Hands the actor to a controller method, which passes it on to its service. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<FastifyRequest & { principal: Principal }>();
  return { principal: request.principal, username: request.principal.username, sourceIp: request.ip };
});
