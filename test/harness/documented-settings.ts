import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What docs/configuration.md says of a setting. */
export interface DocumentedSetting {
  /** `required`, `none`, or a value between backquotes. */
  fallback: string;
  isSecret: boolean;
}

const text = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');

/** Every variable that a service reads, by its name. The page is held against the services' own list by a test of libs/config. */
export const documentedSettings: ReadonlyMap<string, DocumentedSetting> = new Map(
  [...text.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/gm)].map(([, key = '', fallback = '', meaning = '']) => [
    key,
    { fallback, isSecret: meaning.endsWith('Secret.') },
  ]),
);

/** Read by Node itself. */
export const nodeSettings: ReadonlySet<string> = new Set(['UV_THREADPOOL_SIZE', 'NODE_OPTIONS']);
