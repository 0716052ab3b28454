import type { BasicCredentials, RobotPrincipal, UserPrincipal } from '@haven/auth';

/** Whom a name and a password can belong to. */
export type LoggedIn = UserPrincipal | RobotPrincipal;

/** Where the names and passwords of one kind of account are checked. */
export interface CredentialSource {
  /** What can be told at once: credentials that held a moment ago, or that cost nothing to check. Null: not known. */
  recall(credentials: BasicCredentials): Promise<LoggedIn | null>;
  /**
   * Checks them. Called only while guessing is not being slowed down.
   * @returns null when name and password do not belong together
   * @throws AppError UNAVAILABLE when whoever knows cannot be asked
   */
  verify(credentials: BasicCredentials): Promise<LoggedIn | null>;
}
