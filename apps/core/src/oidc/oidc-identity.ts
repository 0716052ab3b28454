import { Errors } from '@haven/errors';

/** What a token or the userinfo endpoint tells. */
export type Claims = Readonly<Record<string, unknown>>;

/** Where in the claims things are, by Harbor's settings. */
export interface ClaimRules {
  /** Empty: `name`. */
  userClaim: string;
  /** Empty: there are no groups. */
  groupsClaim: string;
  /** Empty: nobody is an administrator by it. */
  adminGroup: string;
  isWantedGroup: (name: string) => boolean;
}

/** Whom the provider says somebody is. */
export interface Identity {
  /** Subject and issuer, which stay the same whatever else changes. */
  subiss: string;
  /** Empty when the claims have none. */
  username: string;
  email: string | null;
  groupNames: string[];
  isAdmin: boolean;
}

const longestName = 255;
const longestSubiss = 1_024;
const mostGroups = 1_000;

const textOf = (value: unknown): string => (typeof value === 'string' && !value.includes('\0') ? value.trim() : '');
const usernameIn = (claims: Claims, { userClaim }: Pick<ClaimRules, 'userClaim'>): string =>
  textOf(claims[userClaim === '' ? 'name' : userClaim]);

/** One group may come as a text; whatever else is in the list is no group. */
function groupsIn(claims: Claims, { groupsClaim }: ClaimRules): string[] {
  const names = groupsClaim === '' ? [] : [claims[groupsClaim]].flat().map(textOf);
  return [...new Set(names.filter((name) => name !== '' && name.length <= longestName))];
}

/** Whether claims leave nothing to ask the userinfo endpoint for. */
export const isComplete = (claims: Claims, rules: Pick<ClaimRules, 'userClaim' | 'groupsClaim'>): boolean =>
  usernameIn(claims, rules) !== '' &&
  textOf(claims['email']) !== '' &&
  (rules.groupsClaim === '' || claims[rules.groupsClaim] !== undefined);

/** @throws AppError BAD_REQUEST when the claims do not say whose they are */
export function identityOf(claims: Claims, rules: ClaimRules): Identity {
  const subiss = `${textOf(claims['sub'])}${textOf(claims['iss'])}`;
  if (subiss.length > longestSubiss || textOf(claims['sub']) === '') {
    throw Errors.badRequest('the OIDC provider does not say who this is');
  }
  const email = textOf(claims['email']);
  const groups = groupsIn(claims, rules);
  return {
    subiss,
    username: usernameIn(claims, rules).replaceAll(' ', '_'),
    email: email === '' || email.length > longestName ? null : email,
    groupNames: groups.filter(rules.isWantedGroup).slice(0, mostGroups),
    isAdmin: rules.adminGroup !== '' && groups.includes(rules.adminGroup),
  };
}
