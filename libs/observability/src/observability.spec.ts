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

  it('tells of an error what it says and where, and nothing that a library has hung on it', () => {
    const lines: string[] = [];
    const log = createLogger('core', 'info', { write: (line) => lines.push(line) });
    const refused = Object.assign(new Error('WRONGPASS'), { code: 'E1', command: { name: 'auth', args: ['hunter2'] } });
    const cause = new AggregateError([refused], 'all of them');
    log.warn({ err: new Error('redis is away', { cause }) }, 'not read');
    log.warn({ err: cause }, 'not read');
    log.warn({ err: new TypeError('Invalid URL: redis://haven:hunter2@db') }, 'not read');
    expect(lines.join()).not.toContain('hunter2');
    const [first, second, third] = lines.map((line) => (JSON.parse(line) as { err: object }).err);
    expect(first).toMatchObject({ type: 'Error', message: 'redis is away: all of them' });
    expect(second).toMatchObject({ aggregateErrors: [{ type: 'Error', message: 'WRONGPASS', code: 'E1' }] });
    expect(third).toMatchObject({ type: 'TypeError', message: 'Invalid URL: redis://[redacted]@db' });
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
