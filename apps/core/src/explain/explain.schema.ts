import { Errors } from '@haven/errors';
import { textParam } from '@haven/http';
import { isTag, splitRepositoryName } from '@haven/oci';

const actions = ['pull', 'push', 'delete'] as const;
export type ExplainedAction = (typeof actions)[number];

/** What is asked: may somebody do this here, and why, or why not? */
export interface Question {
  /** Null for whoever asks. */
  subject: { kind: 'user' | 'robot'; name: string } | null;
  action: ExplainedAction;
  project: string;
  /** Full name, project first. */
  repository: string;
  tag: string | null;
}

/** Reads the query. @throws AppError BAD_REQUEST that says what is missing */
export function question(params: unknown): Question {
  const [user, robot] = [textParam(params, 'user'), textParam(params, 'robot')];
  if (user !== undefined && robot !== undefined) throw Errors.badRequest('ask about a user or about a robot, not both');
  const action = actions.find((known) => known === textParam(params, 'action'));
  if (action === undefined) throw Errors.badRequest(`action is one of ${actions.join(', ')}`);
  const repository = textParam(params, 'repository') ?? '';
  const project = splitRepositoryName(repository)?.project;
  if (project === undefined) throw Errors.badRequest('repository is a full name, such as library/app');
  const tag = textParam(params, 'tag') ?? null;
  if (tag !== null && !isTag(tag)) throw Errors.badRequest('tag is none that a repository can have');
  const subject =
    user !== undefined
      ? { kind: 'user' as const, name: user }
      : robot !== undefined
        ? { kind: 'robot' as const, name: robot }
        : null;
  return { subject, action, project, repository, tag };
}
