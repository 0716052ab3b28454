/** Something that went wrong in a way the user can understand: printed as one message, without a stack. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** The command line or the environment is wrong; exit code 2. */
export class UsageFailure extends Failure {
  override readonly name = 'UsageFailure';
}
