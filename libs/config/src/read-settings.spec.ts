import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from './read-settings.js';
import { settings } from './settings.js';

describe('readSettings', () => {
  it('reads, converts and freezes what it is asked for', () => {
    const values = readSettings(
      { listen: settings.coreListen, port: settings.databasePort },
      { HAVEN_CORE_LISTEN: '[::1]:9000' },
    );
    expect(values).toEqual({ listen: { host: '::1', port: 9000 }, port: 5432 });
    expect(Object.isFrozen(values)).toBe(true);
  });

  it('names every problem at once and never a secret', () => {
    const read = () =>
      readSettings(
        { port: settings.databasePort, key: settings.secretKey, secret: settings.internalSecret },
        { HAVEN_DATABASE_PORT: 'many', HAVEN_SECRET_KEY: 'hunter2' },
      );
    expect(read).toThrow(
      /HAVEN_DATABASE_PORT: "many"[^]*HAVEN_SECRET_KEY: its value[^]*HAVEN_INTERNAL_SECRET is not set/,
    );
    expect(read).not.toThrow(/hunter2/);
  });

  it('takes a secret from a file, and refuses two sources', () => {
    const folder = mkdtempSync(join(tmpdir(), 'haven-config-'));
    const file = join(folder, 'secret');
    writeFileSync(file, 'sixteen-characters-or-more\n');
    const pick = { secret: settings.internalSecret };
    try {
      expect(readSettings(pick, { HAVEN_INTERNAL_SECRET_FILE: file }).secret).toBe('sixteen-characters-or-more');
      expect(() => readSettings(pick, { HAVEN_INTERNAL_SECRET_FILE: file, HAVEN_INTERNAL_SECRET: 'x' })).toThrow(
        /both set/,
      );
      expect(() => readSettings(pick, { HAVEN_INTERNAL_SECRET_FILE: join(folder, 'none') })).toThrow(/ENOENT/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
