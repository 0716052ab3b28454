import { renderStatus } from './status.ts';

describe('renderStatus', () => {
  it('aligns the columns and adds up the memory', () => {
    const table = renderStatus([
      { name: 'postgres', state: 'healthy', pid: 12, port: 20001, pssBytes: 16 * 1_048_576 },
      { name: 'redis', state: 'died' },
      { name: 'core', state: 'unhealthy', pid: 123456, port: 20002, pssBytes: 99.5 * 1_048_576 },
    ]);
    expect(table.split('\n')).toEqual([
      'PART           STATE           PID     PORT   PSS MB',
      'postgres       healthy          12    20001     16.0',
      'redis          died              -        -        -',
      'core           unhealthy    123456    20002     99.5',
      'total                                          115.5',
    ]);
  });
});
