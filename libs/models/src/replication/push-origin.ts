import { sql, type Sql } from '../database/sql.js';

/** Where a push or a deletion comes from that another platform repeats here. */
export interface PushOrigin {
  /** Ids of the platforms that it has come through, the first one first. */
  path: readonly string[];
  /** When it was made there: RFC 3339, of any precision. */
  time: string;
}

/** Header of a replicated write: `<time>; <id>, <id>`. */
export const ORIGIN_HEADER = 'haven-origin';
/** Header in which a platform tells its id, on `/v2/`. */
export const PLATFORM_HEADER = 'haven-platform';

const mostPlatforms = 32;
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const platform = /^[0-9a-f-]{36}$/;

export const formatOrigin = ({ path, time }: PushOrigin): string => `${time}; ${path.join(', ')}`;

/**
 * Reads the header. What is no origin is none: whoever writes it could as well leave it away. A time that has not come
 * yet is now, so that nobody is ahead of everybody for ever.
 */
export function parseOrigin(header: string | undefined, now: Date): PushOrigin | null {
  const [time = '', ids = ''] = (header ?? '').split('; ', 2);
  const path = ids.split(', ');
  const at = new Date(time);
  if (!moment.test(time) || Number.isNaN(at.getTime())) return null;
  if (path.length > mostPlatforms || !path.every((id) => platform.test(id))) return null;
  return { path, time: at > now ? now.toISOString() : time };
}

/** The id of this platform, made with its database. */
export async function readPlatformId(db: Sql): Promise<string> {
  return (await db.one<{ v: string }>(sql(`SELECT v FROM properties WHERE k = 'platform_id'`))).v;
}
