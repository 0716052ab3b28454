/** Who is in the directory that tests use, and where. */
export const directory = {
  base: 'dc=example,dc=org',
  people: 'ou=people,dc=example,dc=org',
  groups: 'ou=groups,dc=example,dc=org',
  /** Groups outside of `groups`. */
  elsewhere: 'ou=elsewhere,dc=example,dc=org',
  /** May read everything, and is held to the limits of the server. */
  reader: { dn: 'cn=reader,dc=example,dc=org', password: 'reader-Passw0rd' },
  root: { dn: 'cn=root,dc=example,dc=org', password: 'root-Passw0rd' },
  /** Of everyone. */
  password: 'Directory-Passw0rd',
  userCount: 2_000,
  groupCount: 300,
} as const;

export const userName = (number: number): string => `user${String(number).padStart(4, '0')}`;
export const groupName = (number: number): string => `group${String(number).padStart(3, '0')}`;
export const userDn = (uid: string): string => `uid=${uid},${directory.people}`;
export const groupDn = (cn: string): string => `cn=${cn},${directory.groups}`;

const attribute = (name: string, value: string): string => `${name}:: ${Buffer.from(value).toString('base64')}`;

const entry = (dn: string, attributes: Readonly<Record<string, string | readonly string[]>>): string =>
  [
    attribute('dn', dn),
    ...Object.entries(attributes).flatMap(([name, values]) => [values].flat().map((value) => attribute(name, value))),
    '',
    '',
  ].join('\n');

/** A person in LDIF; without a `mail` where none is given. */
export const personEntry = (dn: string, uid: string, cn: string, mail?: string): string =>
  entry(dn, {
    objectClass: 'inetOrgPerson',
    ...{ uid, cn, sn: 'Doe', userPassword: directory.password },
    ...(mail === undefined ? {} : { mail }),
  });

/** A group in LDIF. */
export const groupEntry = (cn: string, members: readonly string[], base: string = directory.groups): string =>
  entry(`cn=${cn},${base}`, { objectClass: 'groupOfNames', cn, member: members });

const unit = (dn: string): string => entry(dn, { objectClass: 'organizationalUnit', ou: dn.split(/[=,]/)[1] ?? '' });

/** Everything but groups, which have to be added where the server can note them at their members. */
export function peopleLdif(): string {
  const numbers = Array.from({ length: directory.userCount }, (_none, index) => index + 1);
  return [
    entry(directory.base, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' }),
    entry(directory.reader.dn, {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      cn: 'reader',
      userPassword: directory.reader.password,
    }),
    ...[directory.people, directory.groups, directory.elsewhere, `ou=branch,${directory.people}`].map(unit),
    ...numbers.map((number) => {
      const uid = userName(number);
      return personEntry(userDn(uid), uid, `User ${number}`, `${uid}@example.org`);
    }),
    // One name in two places.
    personEntry(userDn('twin'), 'twin', 'First Twin'),
    personEntry(`uid=twin,ou=branch,${directory.people}`, 'twin', 'Second Twin'),
    // One address of two people.
    personEntry(userDn('ann'), 'ann', 'Ann', 'shared@example.org'),
    personEntry(userDn('ben'), 'ben', 'Ben', 'shared@example.org'),
    // Names that are taken, or cannot be names of users.
    personEntry(userDn('admin'), 'admin', 'Admin of the directory', 'directory-admin@example.org'),
    personEntry(userDn('anonymous'), 'anonymous', 'Anonymous'),
    personEntry(userDn('a#1'), 'a#1', 'Hash'),
    // Names that mean something in filters and in distinguished names.
    personEntry(`cn=Müller\\, José \\+ Söhne,${directory.people}`, 'josé', 'Müller, José + Söhne'),
    personEntry(`cn=star (*) \\\\,${directory.people}`, "o'star(*)\\x", 'star (*) \\'),
    // Somewhere nobody follows.
    entry(`ou=far,${directory.people}`, {
      objectClass: ['referral', 'extensibleObject'],
      ou: 'far',
      ref: 'ldap://127.0.0.1:1/ou=far,dc=example,dc=org',
    }),
  ].join('');
}

/**
 * `groupCount` groups, the first hundred of them with user 1; groups within groups, in a circle, with user 2 innermost;
 * two of one name; and outside of the base one with user 3, and one with user 1.
 */
export function groupsLdif(): string {
  const numbers = Array.from({ length: directory.groupCount }, (_none, index) => index + 1);
  const at = (number: number): string => userDn(userName(number));
  return [
    ...numbers.map((number) =>
      groupEntry(groupName(number), [
        ...(number <= 100 ? [at(1)] : []),
        ...[0, 1, 2, 3, 4].map((step) => at(10 + ((number * 5 + step) % (directory.userCount - 10)))),
      ]),
    ),
    groupEntry('inner', [at(2), groupDn('outer')]),
    groupEntry('middle', [groupDn('inner')]),
    groupEntry('outer', [groupDn('middle')]),
    unit(`ou=branch,${directory.groups}`),
    groupEntry(groupName(1), [at(4)], `ou=branch,${directory.groups}`),
    groupEntry('registry-admins', [at(3)], directory.elsewhere),
    groupEntry('outsiders', [at(1)], directory.elsewhere),
  ].join('');
}
