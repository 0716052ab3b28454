import { allAddresses, bracketed, isLoopback, loopbackAddresses, type UpOptions } from './options.ts';
import { Failure } from './failure.ts';

/** The address that users are told, and that decides the scheme of links and challenges. */
export function externalUrlOf(options: UpOptions): string {
  if (options.externalUrl !== undefined) return options.externalUrl;
  const plain = `http://localhost:${options.port}`;
  return new URL(options.tls === undefined ? plain : `https://localhost:${options.tls.port}`).origin;
}

/** The addresses on which the platform may be reached, which depends on whether admin still has the default password. */
export function chooseListen(options: UpOptions, hasDefaultPassword: boolean): readonly string[] {
  if (!hasDefaultPassword) return options.listen ?? allAddresses;
  const open = options.listen?.find((address) => !isLoopback(address));
  if (open === undefined) return options.listen ?? loopbackAddresses;
  throw new Failure(
    `refusing to listen on ${bracketed(open)} while the user admin has the default password.\n` +
      'Change it first (on a new platform: HAVEN_ADMIN_PASSWORD=… ./haven up), or leave out --listen.',
  );
}
