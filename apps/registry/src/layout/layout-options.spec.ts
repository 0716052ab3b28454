import { parseLayoutOptions } from './layout-options.js';

describe('parseLayoutOptions', () => {
  it.each([
    [['sync'], { command: 'sync', force: false }],
    [['sync', '--force'], { command: 'sync', force: true }],
    [['index'], { command: 'index', from: null, project: 'library', verify: false }],
    [
      ['index', '--from', '/srv/registry', '--project=hub', '--verify'],
      { command: 'index', from: '/srv/registry', project: 'hub', verify: true },
    ],
  ])('reads %j', (argv, options) => {
    expect(parseLayoutOptions(argv)).toEqual(options);
  });

  it.each([
    [[]],
    [['purge']],
    [['sync', '--from', 'x']],
    [['sync', 'now']],
    [['index', '--from']],
    [['index', '--from', '']],
    [['index', '--project', 'Not/One']],
  ])('refuses %j', (argv) => {
    const refusal = { code: 'BAD_REQUEST', message: expect.stringContaining('usage: ') as string };
    expect(() => parseLayoutOptions(argv)).toThrow(expect.objectContaining(refusal) as Error);
  });
});
