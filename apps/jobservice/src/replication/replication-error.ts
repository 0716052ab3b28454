import { JobError, PermanentJobError } from '@haven/queue';
import { RegistryError } from '@haven/registry-client';

const lasting: ReadonlySet<RegistryError['failure']> = new Set(['unsupported', 'out-of-reach', 'too-large']);

/** A failure in words for whoever set the policy up; what ended with the job stays as it is. */
export function asJobError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || !(error instanceof RegistryError)) return error;
  const message = error.detail === '' ? error.message : `${error.message}: ${error.detail}`;
  return lasting.has(error.failure)
    ? new PermanentJobError(message, { cause: error })
    : new JobError(message, { cause: error });
}
