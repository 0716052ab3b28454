import { AppError } from '@haven/errors';
import { requireProfile, requireStrongPassword, requireUsername } from './user-rules.js';

describe('a password', () => {
  it.each(['Harbor12345', 'Abcdefg1', `A1${'a'.repeat(126)}`])('%s is strong enough', (password) => {
    expect(() => {
      requireStrongPassword(password);
    }).not.toThrow();
  });

  it.each(['', 'Abcdef1', 'abcdefg1', 'ABCDEFG1', 'Abcdefgh', `A1${'a'.repeat(127)}`])('%j is refused', (password) => {
    expect(() => {
      requireStrongPassword(password);
    }).toThrow(AppError);
  });
});

describe('a profile', () => {
  const good = { email: 'a.b@example.com', realname: 'Ada', comment: '' };

  it.each([
    {},
    { email: '"a b"@[127.0.0.1]' },
    { email: 'a@sub.example-site.org' },
    { realname: 'Ada Lovelace' },
    { realname: '艾达' },
    { comment: 'x'.repeat(30) },
  ])('%j is fit', (change) => {
    expect(() => {
      requireProfile({ ...good, ...change });
    }).not.toThrow();
  });

  it.each([
    { email: '' },
    { email: 'nobody' },
    { email: 'a@b' },
    { email: 'a..b@example.com' },
    { email: `${'a'.repeat(250)}@example.com` },
    { realname: '' },
    { realname: 'x'.repeat(256) },
    { realname: '艾'.repeat(86) },
    { realname: 'a,b' },
    { realname: '$a' },
    { comment: 'x'.repeat(31) },
  ])('%j is refused', (change) => {
    expect(() => {
      requireProfile({ ...good, ...change });
    }).toThrow(AppError);
  });
});

describe('a user name', () => {
  it.each(['a', 'ada.lovelace@example.com', 'x'.repeat(255)])('%s is fit', (username) => {
    expect(() => {
      requireUsername(username);
    }).not.toThrow();
  });

  it.each(['', 'x'.repeat(256), 'a,b', 'a"b', '~a', 'a#1', 'a%', 'robot$a'])('%j is refused', (username) => {
    expect(() => {
      requireUsername(username);
    }).toThrow(AppError);
  });
});
