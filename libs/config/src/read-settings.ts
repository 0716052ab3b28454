import { readFileSync } from 'node:fs';
import type { Setting } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

type Values<S extends Record<string, Setting<unknown>>> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** Names every wrong key at once, so that an operator mends them in one go. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

function rawValue(setting: Setting<unknown>, env: Environment): string | undefined {
  const direct = env[setting.env];
  const file = setting.secret ? env[`${setting.env}_FILE`] : undefined;
  if (direct !== undefined && file !== undefined) {
    throw new ConfigError([`${setting.env} and ${setting.env}_FILE are both set: keep one of them`]);
  }
  if (file === undefined) return direct ?? setting.fallback;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    const code = Error.isError(error) && 'code' in error ? String(error.code) : 'error';
    throw new ConfigError([`${setting.env}_FILE names a file that cannot be read (${code})`]);
  }
}

function readOne(setting: Setting<unknown>, env: Environment): unknown {
  const raw = rawValue(setting, env);
  if (raw === undefined) throw new ConfigError([`${setting.env} is not set: ${setting.doc}`]);
  const parsed = setting.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const shown = setting.secret ? 'its value' : JSON.stringify(raw);
  const why = parsed.error.issues.map((issue) => issue.message).join(', ');
  throw new ConfigError([`${setting.env}: ${shown} does not fit (${why}): ${setting.doc}`]);
}

/**
 * Reads a set of settings from the environment, whole and once, before anything starts.
 * @returns the typed, frozen values under the names the caller chose
 * @throws ConfigError that names every problem
 */
export function readSettings<S extends Record<string, Setting<unknown>>>(
  settings: S,
  env: Environment = process.env,
): Values<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    try {
      values[name] = readOne(setting, env);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Values<S>;
}
