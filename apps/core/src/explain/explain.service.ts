import { Inject, Injectable } from '@nestjs/common';
import { anonymous, type Principal } from '@haven/auth';
import { AppError, Errors } from '@haven/errors';
import {
  AccessService,
  isSystemAdmin,
  PROJECT_DIRECTORY,
  type ProjectDirectory,
  type ProjectIdentity,
} from '@haven/http';
import { assertQuotaLeft, readImmutability } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { grantsInProject } from '@haven/rbac';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { entitiesOf } from '../project/project-visibility.js';
import { ExplainRepository } from './explain.repository.js';
import type { Question } from './explain.schema.js';
import { SubjectService } from './subject.service.js';

/** What one rule has to say: it lets the action through by itself, stands in its way whatever else does, or neither. */
export interface Finding {
  rule: string;
  outcome: 'allows' | 'denies' | 'nothing';
  detail: string;
}

export interface Explanation {
  subject: string;
  allowed: boolean;
  rules: readonly Finding[];
}

const finding = (rule: string, outcome: Finding['outcome'], detail: string): Finding => ({ rule, outcome, detail });

/** Tells which rule allows or denies an action, by asking what decides when it is done. */
@Injectable()
export class ExplainService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(AccessService) private readonly access: AccessService,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(SubjectService) private readonly subjects: SubjectService,
    @Inject(ExplainRepository) private readonly rows: ExplainRepository,
  ) {}

  /** @throws AppError FORBIDDEN for who may not know that much of somebody else, NOT_FOUND (no such account) */
  async explain(asker: Principal, question: Question): Promise<Explanation> {
    await this.requireMayAsk(asker, question);
    const { principal, obstacle, name } = await this.subjects.find(asker, question.subject);
    const project = await this.projects.findProject({ name: question.project });
    const rules = [
      ...(obstacle === null ? [] : [finding('account', 'denies', obstacle)]),
      ...(project === null
        ? [finding('project', 'denies', `there is no project ${question.project}`)]
        : await this.rights(principal, project, question)),
      ...(project === null ? [] : await this.obstacles(project, question)),
    ];
    const isAllowed = rules.some(({ outcome }) => outcome === 'allows');
    return { subject: name, allowed: isAllowed && rules.every(({ outcome }) => outcome !== 'denies'), rules };
  }

  /** Of oneself everybody may ask, of others their administrators: those of the platform, and of the project. */
  private async requireMayAsk(asker: Principal, { subject, project }: Question): Promise<void> {
    if (subject === null || subject.name === asker.username || isSystemAdmin(asker)) return;
    await this.access.requireInProject(asker, { name: project }, 'member', 'update');
  }

  private async rights(principal: Principal, project: ProjectIdentity, { action }: Question): Promise<Finding[]> {
    const may = (who: Principal, roles: readonly number[]): boolean =>
      this.access.canInProject(who, { project, roles }, 'repository', action);
    const outcome = (isAllowed: boolean): Finding['outcome'] => (isAllowed ? 'allows' : 'nothing');
    const kind = project.isPublic ? 'public' : 'private';
    const found = [finding('project visibility', outcome(may(anonymous, [])), `${project.name} is ${kind}`)];
    if (isSystemAdmin(principal)) found.push(finding('system administrator', 'allows', 'may do everything'));
    if (principal.kind === 'robot') {
      const grants = grantsInProject(principal.grants, project.name).map(
        (grant) => `${grant.resource}:${grant.action}`,
      );
      const detail = grants.length === 0 ? 'the robot has none here' : grants.join(', ');
      found.push(finding('robot permissions', outcome(may(principal, [])), detail));
    }
    if (principal.kind !== 'user') return found;
    const plain = { ...principal, isSystemAdmin: false };
    const closed = { ...project, isPublic: false };
    for (const { role, roleName, groupName } of await this.rows.memberships(project.projectId, entitiesOf(principal))) {
      const isAllowed = this.access.canInProject(plain, { project: closed, roles: [role] }, 'repository', action);
      const through = groupName === null ? '' : ` through the group ${groupName}`;
      found.push(finding('membership', outcome(isAllowed), `${roleName}${through}`));
    }
    if (found.every(({ rule }) => rule !== 'membership')) found.push(finding('membership', 'nothing', 'is no member'));
    return found;
  }

  /** What stands in the way of whoever has the right. */
  private async obstacles(project: ProjectIdentity, question: Question): Promise<Finding[]> {
    const { action, repository, tag } = question;
    if (action === 'pull') return [];
    const found: Finding[] = [];
    if (this.configuration.value('read_only')) {
      found.push(finding('read-only mode', 'denies', 'the platform takes no changes at the moment'));
    }
    if (action === 'push') {
      const full = await quotaProblem(assertQuotaLeft(this.store.sql, project.projectId));
      if (full !== null) found.push(finding('storage quota', 'denies', full));
    }
    if (tag !== null && (await this.rows.hasTag(repository, tag))) {
      const isImmutable = await readImmutability(this.store.sql, project.projectId);
      const verb = action === 'push' ? 'moved to another digest' : 'removed';
      if (isImmutable(repository, tag)) {
        found.push(finding('immutable tag rule', 'denies', `${repository}:${tag} cannot be ${verb}`));
      }
    }
    return found;
  }
}

async function quotaProblem(check: Promise<void>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code === Errors.denied().code) return error.message;
    throw error;
  }
}
