import { Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { JsonBody, open, Operation, Reply } from '@haven/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { LoginService } from './login.service.js';
import { loginForm, userExistsForm } from './session.schema.js';

/** Log-in of the portal: routes that Harbor has outside its API description. */
@Controller('/c')
export class SessionController {
  constructor(private readonly logins: LoginService) {}

  @Post('/login')
  @HttpCode(200)
  @Operation('login', open(), { body: 'form' })
  login(
    @JsonBody(loginForm) form: z.infer<typeof loginForm>,
    @Req() request: FastifyRequest,
    @Reply() reply: FastifyReply,
  ): Promise<object | undefined> {
    return this.logins.login({ username: form.principal, password: form.password }, request, reply);
  }

  @Get('/log_out')
  @Operation('logout', open())
  logout(@CurrentActor() actor: Actor, @Req() request: FastifyRequest, @Reply() reply: FastifyReply): Promise<void> {
    return this.logins.logout(actor, request, reply);
  }

  @Post('/userExists')
  @HttpCode(200)
  @Operation('userExists', open(), { body: 'form' })
  userExists(
    @JsonBody(userExistsForm) form: z.infer<typeof userExistsForm>,
    @CurrentActor() actor: Actor,
  ): Promise<boolean> {
    return this.logins.userExists(form, actor.principal);
  }
}
