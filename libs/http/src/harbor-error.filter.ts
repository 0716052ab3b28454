import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorResponder } from './error-responder.js';

/** Everything that Nest catches, from handlers as from Fastify's own error and not-found handlers, ends here. */
@Catch()
export class HarborErrorFilter implements ExceptionFilter {
  constructor(private readonly respond: ErrorResponder) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.respond(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
