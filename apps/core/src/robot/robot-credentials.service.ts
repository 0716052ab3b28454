import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BasicCredentials, RobotPrincipal } from '@haven/auth';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { CredentialSource } from '../security/credential-source.js';
import { hashSecret } from './robot-rules.js';
import { RobotRepository } from './robot.repository.js';

/** Robot accounts, with their secret. */
@Injectable()
export class RobotCredentials implements CredentialSource {
  constructor(
    @Inject(RobotRepository) private readonly robots: RobotRepository,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** Secrets are long and random, so one hash tells, and nothing has to be remembered: one query and no slow work. */
  async recall({ username, password }: BasicCredentials): Promise<RobotPrincipal | null> {
    const robot = await this.robots.findAccount(username.slice(this.configuration.value('robot_name_prefix').length));
    if (robot === null) return null;
    const isRight = timingSafeEqual(Buffer.from(hashSecret(password, robot.salt)), Buffer.from(robot.secret));
    return isRight && robot.isUsable ? { kind: 'robot', robotId: robot.id, username, grants: robot.grants } : null;
  }

  /** What `recall` did not accept is wrong. */
  verify(): Promise<null> {
    return Promise.resolve(null);
  }
}
