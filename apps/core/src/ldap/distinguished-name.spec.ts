import { dnKey, isUnder, parseDn } from './distinguished-name.js';

describe('a distinguished name', () => {
  it.each([
    ['cn=Ann,dc=example', 'CN=ann, DC=Example'],
    ['cn=Ann,dc=example', ' cn = Ann , dc=example '],
    ['cn=Doe\\, Ann,dc=example', 'cn=Doe\\2C Ann,dc=example'],
    ['cn=Müller,dc=example', 'cn=M\\C3\\BCller,dc=example'],
    ['cn=a+uid=b,dc=example', 'uid=b+cn=a,dc=example'],
    ['cn=two  spaces,dc=example', 'cn=two spaces,dc=example'],
    ['cn=a=b,dc=example', 'cn=a\\=b,dc=example'],
    ['cn=😀,dc=example', 'cn=\\F0\\9F\\98\\80,dc=example'],
  ])('%s is %s', (one, other) => {
    expect(parseDn(one)).not.toBeNull();
    expect(dnKey(one)).toBe(dnKey(other));
  });

  it.each([
    ['cn=a,dc=example', 'cn=b,dc=example'],
    ['cn=a\\,dc=example', 'cn=a,dc=example'],
    ['cn=a\\ ,dc=example', 'cn=a,dc=example'],
    ['cn=a\\+uid=b', 'cn=a+uid=b'],
  ])('%s is not %s', (one, other) => {
    expect(dnKey(one)).not.toBe(dnKey(other));
  });

  it.each(['ann', 'cn', 'cn=a,ann', '=a', 'c n=a', 'cn=a,,dc=b', `cn=a${' '.repeat(1_000_000)}b`])(
    '%.20s is none',
    (text) => {
      expect(parseDn(text)).toBeNull();
    },
  );

  it.each([
    ['cn=a,ou=groups,dc=example', 'OU=Groups, dc=example', true],
    ['ou=groups,dc=example', 'ou=groups,dc=example', true],
    ['cn=a,ou=groups,dc=example', '', true],
    ['cn=a,ou=mygroups,dc=example', 'ou=groups,dc=example', false],
    ['cn=a\\,ou=groups,dc=example', 'ou=groups,dc=example', false],
    ['dc=example', 'ou=groups,dc=example', false],
    ['none', 'dc=example', false],
  ])('%s under %j: %s', (dn, base, expected) => {
    expect(isUnder(dn, base)).toBe(expected);
  });
});
