import { identityOf, isComplete, type ClaimRules } from './oidc-identity.js';

const rules = (change: Partial<ClaimRules> = {}): ClaimRules => ({
  userClaim: '',
  groupsClaim: 'groups',
  adminGroup: '',
  isWantedGroup: () => true,
  ...change,
});
const claims = { sub: '7', iss: 'https://idp.example', name: 'Ada Lovelace', email: 'ada@example.com' };

describe('an identity', () => {
  it('is subject and issuer, with a name that has no spaces', () => {
    expect(identityOf(claims, rules())).toEqual({
      subiss: '7https://idp.example',
      username: 'Ada_Lovelace',
      email: 'ada@example.com',
      groupNames: [],
      isAdmin: false,
    });
  });

  it('has its name from the claim that settings name', () => {
    const given = { ...claims, preferred_username: 'ada' };
    expect(identityOf(given, rules({ userClaim: 'preferred_username' })).username).toBe('ada');
    expect(identityOf(given, rules({ userClaim: 'upn' })).username).toBe('');
    expect(identityOf({ ...claims, name: 7 }, rules()).username).toBe('');
  });

  it.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['a', ['a']],
    [
      ['a', 'a', ' b ', '', 7, null, { c: 1 }, ['d'], 'x\0', 'x'.repeat(256)],
      ['a', 'b'],
    ],
    [undefined, []],
    [null, []],
    [{ a: true }, []],
    [true, []],
  ])('has the groups %j as %j', (groups, names) => {
    expect(identityOf({ ...claims, groups }, rules()).groupNames).toEqual(names);
  });

  it('has no groups without a claim for them, and never more than a thousand', () => {
    const groups = Array.from({ length: 2_000 }, (_, index) => `g${index}`);
    expect(identityOf({ ...claims, groups }, rules({ groupsClaim: '' })).groupNames).toEqual([]);
    expect(identityOf({ ...claims, groups }, rules()).groupNames).toHaveLength(1_000);
  });

  it('is an administrator by the admin group, also when that is filtered out', () => {
    const given = { ...claims, groups: ['dev', 'root'] };
    const isWantedGroup = (name: string) => name === 'dev';
    expect(identityOf(given, rules({ adminGroup: 'root', isWantedGroup }))).toMatchObject({
      isAdmin: true,
      groupNames: ['dev'],
    });
    expect(identityOf(given, rules({ adminGroup: 'Root' })).isAdmin).toBe(false);
    expect(identityOf({ ...claims, groups: [''] }, rules({ adminGroup: '' })).isAdmin).toBe(false);
  });

  it.each([{ sub: undefined }, { sub: 7 }, { sub: '' }, { sub: 'x'.repeat(1_024) }])('is none with %j', (change) => {
    expect(() => identityOf({ ...claims, ...change }, rules())).toThrow('does not say who');
  });
});

describe('the userinfo endpoint', () => {
  it('is asked only for what is missing', () => {
    expect(isComplete({ ...claims, groups: [] }, rules())).toBe(true);
    expect(isComplete(claims, rules({ groupsClaim: '' }))).toBe(true);
    expect(isComplete(claims, rules())).toBe(false);
    expect(isComplete({ ...claims, groups: [], email: undefined }, rules())).toBe(false);
    expect(isComplete({ ...claims, groups: [] }, rules({ userClaim: 'upn' }))).toBe(false);
  });
});
