import { copySource } from './copy-source.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('copySource', () => {
  it.each([
    ['p/r:v1', { project: 'p', repository: 'r', reference: 'v1' }],
    ['p/a/b:v1.0_x', { project: 'p', repository: 'a/b', reference: 'v1.0_x' }],
    [`p/r@${digest}`, { project: 'p', repository: 'r', reference: digest }],
  ])('reads %s', (from, source) => {
    expect(copySource({ from })).toEqual(source);
  });

  it.each(['', 'p', 'p/r', 'p/r:', 'p/r@', 'r:v1', 'p/r@v1', `p/r:${digest}`, 'p/r:a/b', 'p/r@sha256:short'])(
    'refuses %j',
    (from) => {
      expect(() => copySource({ from })).toThrow();
    },
  );
});
