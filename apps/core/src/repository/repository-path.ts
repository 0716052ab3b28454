import type { ProjectIdentity } from '@haven/http';

/** A repository in the path of a request: its project, and its name without the project. */
export interface RepositoryPath {
  project: ProjectIdentity;
  name: string;
}

/** The name under which a repository is stored. */
export const fullNameOf = ({ project, name }: RepositoryPath): string => `${project.name}/${name}`;
