import { runHealthChecks } from './health.js';
import { createLogger } from './logger.js';

describe('createLogger', () => {
  it('writes one JSON line with service, level and message, and no secret by name', () => {
    const lines: string[] = [];
    const log = createLogger('core', 'info', { write: (line) => lines.push(line) });
    log.debug('not shown');
    log.warn(
      { password: 'hunter2', headers: { authorization: 'Basic hunter2', cookie: 'sid=hunter2' }, user: 'alice' },
      'refused',
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('hunter2');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      service: 'core',
      message: 'refused',
      user: 'alice',
      password: '[redacted]',
    });
  });
});

describe('runHealthChecks', () => {
  it('tells of each check how it went, and waits for none longer than it may', async () => {
    const results = await runHealthChecks(
      [
        { name: 'well', check: () => Promise.resolve() },
        { name: 'ill', check: () => Promise.reject(new Error('no disk')) },
        { name: 'mute', check: () => new Promise(() => undefined) },
      ],
      20,
    );
    expect(results).toEqual([
      { name: 'well', healthy: true },
      { name: 'ill', healthy: false, error: 'no disk' },
      { name: 'mute', healthy: false, error: 'no answer within 20 ms' },
    ]);
  });
});
