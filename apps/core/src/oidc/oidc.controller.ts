import { Controller, Get, HttpCode, Inject, Post, Query, Redirect, Req } from '@nestjs/common';
import { inSystem, JsonBody, open, Operation, Reply, textParam } from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { OidcLoginService, type Destination } from './oidc-login.service.js';
import { onboardBody, pingBody, type PingBody } from './oidc.schema.js';

/** Log-in by OpenID Connect; but for the test of a provider, routes that Harbor has outside its API description. */
@Controller()
export class OidcController {
  constructor(@Inject(OidcLoginService) private readonly logins: OidcLoginService) {}

  @Get('/c/oidc/login')
  @Redirect('/')
  @Operation('oidcLogin', open())
  login(@Query() query: unknown, @Reply() reply: FastifyReply): Promise<Destination> {
    return this.logins.begin(textParam(query, 'redirect_url') ?? '', reply);
  }

  @Get('/c/oidc/callback')
  @Redirect('/')
  @Operation('oidcCallback', open())
  finish(@Req() request: FastifyRequest, @Reply() reply: FastifyReply): Promise<Destination> {
    return this.logins.finish(request, reply);
  }

  @Post('/c/oidc/onboard')
  @HttpCode(200)
  @Operation('oidcOnboard', open())
  onboard(
    @JsonBody(onboardBody) { username }: z.infer<typeof onboardBody>,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<void> {
    return this.logins.onboard(username, request, reply);
  }

  @Get('/c/oidc/logout')
  @Redirect('/')
  @Operation('oidcLogout', open())
  logout(
    @CurrentActor() actor: Actor,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<Destination> {
    return this.logins.logout(actor, request, reply);
  }

  @Post('/api/v2.0/system/oidc/ping')
  @HttpCode(200)
  @Operation('pingOIDC', inSystem('configuration', 'update'))
  ping(@JsonBody(pingBody) { url, verify_cert }: PingBody): Promise<void> {
    return this.logins.ping(url, verify_cert);
  }
}
