import { Controller, Delete, Get, HttpCode, Inject, Patch, Post, Put } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import {
  authenticated,
  compact,
  CurrentPrincipal,
  IdParam,
  JsonBody,
  Listing,
  Operation,
  Reply,
  sendCreated,
  sendPage,
  type ListQuery,
} from '@haven/http';
import type { FastifyReply } from 'fastify';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { listedProject } from './robot-list.js';
import { presentCreatedRobot, presentRobot } from './robot.presenter.js';
import {
  robotCreation,
  robotSecret,
  robotUpdate,
  type RobotCreation,
  type RobotSecret,
  type RobotUpdate,
} from './robot.schema.js';
import { RobotService } from './robot.service.js';

/** What is needed depends on the robot: whether it is one of the system, or of a project. The service asks for it. */
@Controller('/api/v2.0/robots')
export class RobotController {
  constructor(@Inject(RobotService) private readonly robots: RobotService) {}

  @Get()
  @Operation('ListRobot', authenticated())
  async list(
    @CurrentPrincipal() viewer: Principal,
    @Listing() query: ListQuery,
    @Reply() reply: FastifyReply,
  ): Promise<object[]> {
    const page = await this.robots.list(viewer, listedProject(query), query);
    return sendPage(reply, page, query).map((row) => presentRobot(row, this.robots.prefix));
  }

  @Post()
  @HttpCode(201)
  @Operation('CreateRobot', authenticated())
  async create(
    @CurrentActor() actor: Actor,
    @JsonBody(robotCreation) body: RobotCreation,
    @Reply() reply: FastifyReply,
  ): Promise<object> {
    const robot = await this.robots.create(actor, body);
    sendCreated(reply, robot.id);
    return presentCreatedRobot(robot);
  }

  @Get('/:robot_id')
  @Operation('GetRobotByID', authenticated())
  async get(@CurrentPrincipal() viewer: Principal, @IdParam('robot_id') id: number): Promise<object> {
    return presentRobot(await this.robots.get(viewer, id), this.robots.prefix);
  }

  @Put('/:robot_id')
  @Operation('UpdateRobot', authenticated())
  update(
    @CurrentActor() actor: Actor,
    @IdParam('robot_id') id: number,
    @JsonBody(robotUpdate) body: RobotUpdate,
  ): Promise<void> {
    return this.robots.update(actor, id, body);
  }

  @Patch('/:robot_id')
  @Operation('RefreshSec', authenticated())
  async refreshSecret(
    @CurrentActor() actor: Actor,
    @IdParam('robot_id') id: number,
    @JsonBody(robotSecret) { secret }: RobotSecret,
  ): Promise<object> {
    return compact({ secret: (await this.robots.refreshSecret(actor, id, secret)) ?? '' });
  }

  @Delete('/:robot_id')
  @Operation('DeleteRobot', authenticated())
  remove(@CurrentActor() actor: Actor, @IdParam('robot_id') id: number): Promise<void> {
    return this.robots.remove(actor, id);
  }
}
