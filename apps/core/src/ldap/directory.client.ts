import type { SecureContext } from 'node:tls';
import { Errors } from '@haven/errors';
import { assertWithinReach, type OutboundOptions } from '@haven/outbound';
import type { Client, Entry, Filter } from 'ldapts';
import { isUnder } from './distinguished-name.js';
import type { DirectoryGroup, GroupQuestion } from './group-walk.js';
import { toUnavailable } from './ldap.errors.js';
import type { LdapScope, LdapSettings } from './ldap-settings.js';

/** A person as the directory has them. */
export interface DirectoryUser {
  dn: string;
  username: string;
  realname: string;
  email: string;
  memberOf: readonly string[];
}

/** What the environment says of calls to servers that are not ours. */
export interface Outside {
  reach: OutboundOptions['reach'];
  /** Whose certificates are trusted; undefined: what Node trusts. */
  trust: SecureContext | undefined;
}

type Ldapts = typeof import('ldapts');

interface Search {
  base: string;
  scope: LdapScope;
  filter?: Filter;
  attributes: readonly string[];
  /** How many entries come back at most. */
  most?: number;
}

const pageSize = 1_000;
/** Entries of one answer, over all pages. */
const mostEntries = 10_000;
/** Conditions in one filter: servers take a quarter of a megabyte at least. */
const termsPerQuery = 1_000;
/** MS-ADTS 3.1.1.4.4.6: the matching rule that goes through the levels, and the capability of a server that has it. */
const inChain = '1.2.840.113556.1.4.1941';
const isActiveDirectory = '1.2.840.113556.1.4.800';

/** Options of TLS for both libraries. */
export const tlsOptions = ({ verifyCertificate }: LdapSettings, { trust }: Outside) => ({
  rejectUnauthorized: verifyCertificate,
  ...(trust === undefined ? {} : { secureContext: trust }),
});

const isText = (value: string): boolean => value.trim() !== '' && !value.includes('\0');

/** Values of an attribute, whatever the case of its name; what is no text is left out. */
function valuesOf(entry: Entry, attribute: string): string[] {
  const name = attribute.toLowerCase();
  return Object.entries(entry)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, values]) => values)
    .flatMap((value) => (typeof value === 'string' && isText(value) ? [value.trim()] : []));
}

/** One connection to a directory, bound as the account that searches. */
export class DirectoryClient {
  private constructor(
    private readonly ldapts: Ldapts,
    private readonly connection: Client,
    private readonly settings: LdapSettings,
  ) {}

  /** Opens a connection for the time of `work`. @throws AppError UNAVAILABLE when the directory does not answer as it should */
  static async use<T>(
    settings: LdapSettings,
    outside: Outside,
    work: (client: DirectoryClient) => Promise<T>,
  ): Promise<T> {
    const ldapts = await import('ldapts');
    const { url, timeoutMs, searchDn, searchPassword } = settings;
    const connection = new ldapts.Client({
      ...{ url, timeout: timeoutMs, connectTimeout: timeoutMs },
      ...(url.startsWith('ldaps:') ? { tlsOptions: tlsOptions(settings, outside) } : {}),
    });
    try {
      // A name without a password would be an anonymous bind that looks like a success (RFC 4513, section 5.1.2).
      if (searchDn !== '' && searchPassword === '') throw Errors.unavailable('ldap_search_password is empty');
      await assertWithinReach(new URL(url).hostname, outside.reach);
      await connection.bind(searchDn, searchPassword);
      return await work(new DirectoryClient(ldapts, connection, settings));
    } catch (error) {
      throw toUnavailable(error);
    } finally {
      await connection.unbind().catch(() => undefined);
    }
  }

  /** People of any of these user names; all people when none is given. @param most how many come back at most */
  async findUsers(usernames: readonly string[], most?: number): Promise<DirectoryUser[]> {
    const { base, scope, filter, uidAttribute, group } = this.settings;
    const { EqualityFilter, PresenceFilter } = this.ldapts;
    const named = usernames.map((value) => new EqualityFilter({ attribute: uidAttribute, value }));
    const attributes = [uidAttribute, 'uid', 'cn', 'mail', 'email', group.membershipAttribute];
    const entries: Entry[] = [];
    for (const who of named.length === 0 ? [new PresenceFilter({ attribute: uidAttribute })] : this.anyOf(named)) {
      const options = { filter: this.within(filter, who), attributes, ...(most === undefined ? {} : { most }) };
      entries.push(...(await this.search({ base, scope, ...options })));
    }
    return entries.map((entry) => {
      const first = (...names: string[]) => names.flatMap((name) => valuesOf(entry, name))[0] ?? '';
      return {
        dn: entry.dn,
        username: first(uidAttribute),
        realname: first('cn', 'uid'),
        email: first('mail', 'email'),
        memberOf: valuesOf(entry, group.membershipAttribute),
      };
    });
  }

  /** Groups that count: below the base of groups, and let through by their filter. */
  async findGroups({ named, containing }: GroupQuestion, isTransitive = false): Promise<DirectoryGroup[]> {
    const { base } = this.settings.group;
    const { EqualityFilter, ExtensibleFilter } = this.ldapts;
    const is = (value: string) => (attribute: string) => new EqualityFilter({ attribute, value });
    const terms = [
      // Servers know an entry's own name under one or the other of these.
      ...named.filter((dn) => isUnder(dn, base)).flatMap((dn) => ['entryDN', 'distinguishedName'].map(is(dn))),
      ...containing.flatMap((dn) => [
        isTransitive ? new ExtensibleFilter({ matchType: 'member', rule: inChain, value: dn }) : is(dn)('member'),
        is(dn)('uniqueMember'),
      ]),
    ];
    const groups: DirectoryGroup[] = [];
    for (const which of this.anyOf(terms)) groups.push(...(await this.searchGroups(which)));
    return groups;
  }

  /** Groups of a name; all groups when none is given. */
  findGroupsByName(name: string): Promise<DirectoryGroup[]> {
    const { nameAttribute: attribute } = this.settings.group;
    const { EqualityFilter, PresenceFilter } = this.ldapts;
    const isNamed = new EqualityFilter({ attribute, value: name });
    return this.searchGroups(name === '' ? new PresenceFilter({ attribute }) : isNamed);
  }

  /** Whether the server itself goes through groups within groups. */
  async goesThroughLevels(): Promise<boolean> {
    const search = { base: '', scope: 'base', attributes: ['supportedCapabilities'], most: 1 } as const;
    // A server that keeps this to itself is asked level by level.
    const [root] = await this.search(search).catch(() => []);
    return root !== undefined && valuesOf(root, 'supportedCapabilities').includes(isActiveDirectory);
  }

  private async searchGroups(which: Filter): Promise<DirectoryGroup[]> {
    const { base, scope, filter, nameAttribute, membershipAttribute } = this.settings.group;
    const attributes = [nameAttribute, membershipAttribute];
    const entries = await this.search({ base, scope, filter: this.within(filter, which), attributes });
    return entries.map((entry) => ({
      dn: entry.dn,
      name: valuesOf(entry, nameAttribute)[0] ?? entry.dn,
      memberOf: valuesOf(entry, membershipAttribute),
    }));
  }

  /** Page by page. Referrals to other servers are not followed. */
  private async search({ base, most = mostEntries, attributes, ...rest }: Search): Promise<Entry[]> {
    const options = { ...rest, attributes: [...attributes] };
    if (most < pageSize) {
      return (await this.connection.search(base, { ...options, sizeLimit: most })).searchEntries;
    }
    const entries: Entry[] = [];
    for await (const page of this.connection.searchPaginated(base, { ...options, paged: { pageSize } })) {
      entries.push(...page.searchEntries);
      if (entries.length >= most) break;
    }
    return entries.slice(0, most);
  }

  /** @param configured what the settings say, in RFC 4515; nothing when it is empty */
  private within(configured: string, which: Filter): Filter {
    const { AndFilter, FilterParser } = this.ldapts;
    if (configured === '') return which;
    try {
      return new AndFilter({ filters: [FilterParser.parseString(configured), which] });
    } catch (cause) {
      throw Errors.unavailable('a filter for the LDAP directory in the settings is not one', { cause });
    }
  }

  /** As few filters as it takes. */
  private anyOf(filters: readonly Filter[]): Filter[] {
    return Array.from({ length: Math.ceil(filters.length / termsPerQuery) }, (_none, index) => {
      const some = filters.slice(index * termsPerQuery, (index + 1) * termsPerQuery);
      return new this.ldapts.OrFilter({ filters: some });
    });
  }
}
