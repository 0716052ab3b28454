import type { TokenAccess } from '@haven/auth';

/** What can be done to a repository, in the words of the token protocol. */
export type RepositoryAction = 'pull' | 'push' | 'delete';

/** Who makes a request, and what a token of core says they may do. */
export class Caller {
  constructor(
    /** Empty for anonymous. */
    readonly username: string,
    private readonly access: readonly TokenAccess[],
  ) {}

  /**
   * Whether the caller may act on a repository, by its full name. Scopes of one repository are joined. A grant counts only for
   * the project that it was made for: not for a later one of the same name.
   */
  may(action: RepositoryAction, repository: string, projectId: number): boolean {
    return this.grants(action, repository).some((grant) => grant.project_id === projectId);
  }

  /** Whether the action was granted, but for another project than the one that has the name now: a new token would tell. */
  isOutdated(action: RepositoryAction, repository: string, projectId: number): boolean {
    const grants = this.grants(action, repository);
    return grants.length > 0 && grants.every((grant) => grant.project_id !== projectId);
  }

  /** Whether the caller's token was asked for with this repository in view, whatever it then allows. */
  knows(repository: string): boolean {
    return this.access.some((grant) => grant.type === 'repository' && grant.name === repository);
  }

  /** The catalog shows every project, so it is for system administrators: core grants it to nobody else. */
  mayListCatalog(): boolean {
    return this.access.some(
      ({ type, name, actions }) => type === 'registry' && name === 'catalog' && actions.includes('*'),
    );
  }

  /** Repositories whose content the caller may read, each with the project it was granted for. */
  pullable(): { repository: string; projectId: number }[] {
    return this.access.flatMap((grant) =>
      grant.type === 'repository' && grant.project_id !== undefined && allows(grant, 'pull')
        ? [{ repository: grant.name, projectId: grant.project_id }]
        : [],
    );
  }

  private grants(action: RepositoryAction, repository: string): TokenAccess[] {
    return this.access.filter(
      (grant) => grant.type === 'repository' && grant.name === repository && allows(grant, action),
    );
  }
}

const allows = ({ actions }: TokenAccess, action: RepositoryAction): boolean =>
  actions.includes(action) || actions.includes('*');
