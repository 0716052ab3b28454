import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { RobotRepository } from '../robot/robot.repository.js';
import { AccountRepository, toPrincipal } from '../security/account.repository.js';
import type { Question } from './explain.schema.js';

/** An account as it would act, had it logged in. */
export interface Subject {
  name: string;
  principal: Principal;
  /** Why it cannot log in; null when it can. */
  obstacle: string | null;
}

/** Finds the account that a question is about. */
@Injectable()
export class SubjectService {
  constructor(
    @Inject(AccountRepository) private readonly accounts: AccountRepository,
    @Inject(RobotRepository) private readonly robots: RobotRepository,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** @throws AppError NOT_FOUND */
  async find(asker: Principal, subject: Question['subject']): Promise<Subject> {
    if (subject === null || subject.name === asker.username) {
      return { name: asker.username, principal: asker, obstacle: null };
    }
    return subject.kind === 'user' ? this.user(subject.name) : this.robot(subject.name);
  }

  /** Groups that only a log-in finds out are not known here. */
  private async user(name: string): Promise<Subject> {
    const account = await this.accounts.findByLogin(name);
    if (account === null) throw Errors.notFound(`user ${name} not found`);
    return { name: account.username, principal: toPrincipal(account), obstacle: null };
  }

  private async robot(name: string): Promise<Subject> {
    const prefix = this.configuration.value('robot_name_prefix');
    const robot = name.startsWith(prefix) ? await this.robots.findAccount(name.slice(prefix.length)) : null;
    if (robot === null) throw Errors.notFound(`robot ${name} not found`);
    const principal: Principal = { kind: 'robot', robotId: robot.id, username: name, grants: robot.grants };
    return { name, principal, obstacle: robot.isUsable ? null : 'the robot is disabled or has expired' };
  }
}
