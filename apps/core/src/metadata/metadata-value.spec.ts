import { AppError } from '@haven/errors';
import { normalizeMetadata } from './metadata-value.js';

describe('a value of project metadata', () => {
  it.each([
    ['public', 'true', 'true'],
    ['public', 'T', 'true'],
    ['public', '0', 'false'],
    ['auto_scan', 'FALSE', 'false'],
    ['severity', 'High', 'high'],
    ['severity', 'negligible', 'none'],
    ['proxy_speed_kb', '-1', '-1'],
    ['proxy_speed_kb', '+0010', '10'],
    ['max_upstream_conn', '-1', '-1'],
    ['max_upstream_conn', '30', '30'],
  ])('%s=%s is stored as %s', (key, value, stored) => {
    expect(normalizeMetadata(key, value)).toBe(stored);
  });

  it.each([
    ['public', ''],
    ['public', 'yes'],
    ['prevent_vul', 'tRUE'],
    ['severity', 'awful'],
    ['severity', ''],
    ['proxy_speed_kb', '1.5'],
    ['proxy_speed_kb', '2147483648'],
    ['max_upstream_conn', '0'],
    ['max_upstream_conn', '-2'],
    ['retention_id', '1'],
    ['proxy_cache_filter_pattern', '**'],
    ['proxy_cache_filter_kind', 'regex'],
    ['colour', 'blue'],
    ['constructor', 'true'],
    ['__proto__', 'true'],
  ])('%s=%j is refused', (key, value) => {
    expect(() => normalizeMetadata(key, value)).toThrow(AppError);
  });
});
