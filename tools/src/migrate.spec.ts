import { parseMigrationResult } from './migrate.ts';

describe('parseMigrationResult', () => {
  it('finds the result among log lines', () => {
    const stdout = '{"level":"info","message":"x"}\nplain\nnull\n{"schemaVersion":3,"defaultAdminPassword":true}\n';
    expect(parseMigrationResult(stdout)).toEqual({ schemaVersion: 3, defaultAdminPassword: true });
  });

  it('finds none in a migration that did not finish', () => {
    expect(parseMigrationResult('{"level":"info"}\n')).toBeUndefined();
  });
});
