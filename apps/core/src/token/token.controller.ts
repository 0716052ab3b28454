import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { registryService } from '@haven/auth';
import { open, Operation } from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseScopes } from './scope.js';
import { TokenService } from './token.service.js';

const asList = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** The token service that registry clients are sent to (distribution's token authentication specification). */
@Controller('/service')
export class TokenController {
  constructor(private readonly tokens: TokenService) {}

  @Get('/token')
  @Operation('getToken', open())
  async getToken(
    @Query('service') service: string | undefined,
    @Query('scope') scope: string | string[] | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (service !== registryService) {
      await reply.code(400).type('text/plain').send('unable to handle the requested service\n');
      return;
    }
    const issued = await this.tokens.issue(request.principal, parseScopes(asList(scope)));
    await reply.header('cache-control', 'no-store').send({
      token: issued.token,
      access_token: '',
      expires_in: issued.expiresInSeconds,
      issued_at: issued.issuedAt.toISOString(),
    });
  }
}
