import { z } from 'zod';

/** What a browser carries while it is away at the provider, encrypted in a cookie. */
export const loginAttempt = z.object({
  purpose: z.literal('oidc-login'),
  state: z.string(),
  verifier: z.string(),
  /** Where to go afterwards. */
  path: z.string(),
  /** Milliseconds since 1970. */
  expires: z.number(),
});
export type LoginAttempt = z.infer<typeof loginAttempt>;

/** Harbor's form for whoever comes for the first time. */
export const onboardBody = z.object({ username: z.string() });

/** Harbor's test of a provider, before its settings are stored. */
export const pingBody = z.object({
  url: z.string().max(2_048),
  verify_cert: z
    .boolean()
    .nullish()
    .transform((flag) => flag ?? false),
});
export type PingBody = z.infer<typeof pingBody>;

/** Harbor's OIDCCliSecretReq. */
export const cliSecretBody = z.object({
  secret: z
    .string()
    .max(128)
    .nullish()
    .transform((secret) => secret ?? ''),
});
export type CliSecretBody = z.infer<typeof cliSecretBody>;
