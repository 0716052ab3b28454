import type { z } from 'zod';

/** One key of the environment: what it means, how it reads, and what holds when it is absent. */
export interface Setting<T> {
  env: string;
  /** One sentence for docs/configuration.md. */
  doc: string;
  /** Secrets may also be given as `<env>_FILE`, and are never printed. */
  secret: boolean;
  /** Text form of the default; absent means that the key must be given. */
  fallback: string | undefined;
  schema: z.ZodType<T, string>;
}

interface SettingOptions {
  fallback?: string;
  secret?: boolean;
}

export function setting<T>(
  env: string,
  schema: z.ZodType<T, string>,
  doc: string,
  options: SettingOptions = {},
): Setting<T> {
  return { env, schema, doc, secret: options.secret ?? false, fallback: options.fallback };
}
