import type { Principal } from '@haven/auth';
import type { Operation } from './operation.decorator.js';
import type { ProjectIdentity } from './project-directory.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the request acts as: anonymous until the application's authentication hook says otherwise. */
    principal: Principal;
    /** The project that the path names, on operations declared with `inProject`. */
    project: ProjectIdentity | null;
    /** Ids of the caller's roles in that project. */
    roles: readonly number[];
  }

  interface FastifyContextConfig {
    operation?: Operation;
  }
}
