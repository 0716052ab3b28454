import { requireLocalPath } from './local-path.js';

const base = 'https://haven.example';

describe('a path to go to after a log-in', () => {
  it.each(['/', '/harbor/projects/1?tab=a&b=%2F#x', '/a//b', '/@evil.example', '/:8080'])('may be %s', (path) => {
    expect(requireLocalPath(path)).toBe(path);
    expect(new URL(path, base).origin).toBe(base);
  });

  it.each([
    ...[
      '',
      'harbor',
      'https://evil.example',
      '//evil.example',
      '///evil.example',
      '/\\evil.example',
      '\\\\evil.example',
    ],
    ...[
      '/a\\b',
      '/\t/evil.example',
      '/\n/evil.example',
      ' /a',
      '/a b',
      '/ä',
      '/a\r\nSet-Cookie: x',
      'javascript:alert(1)',
    ],
    `/${'a'.repeat(2_048)}`,
  ])('is never %j', (path) => {
    expect(() => requireLocalPath(path)).toThrow('must be a path of this site');
  });
});
