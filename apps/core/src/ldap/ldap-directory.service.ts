import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import type { Logger } from '@haven/observability';
import { LRUCache } from 'lru-cache';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { LOGGER } from '../logger.module.js';
import { DirectoryClient, type DirectoryUser, type Outside } from './directory.client.js';
import { dnKey, isUnder, parseDn } from './distinguished-name.js';
import { walkGroups, type DirectoryGroup } from './group-walk.js';
import { readLdapSettings, type LdapSettings } from './ldap-settings.js';
import { bindWithPassport, type PasswordCheck } from './ldap.strategy.js';

/** Somebody whose password held. */
export interface DirectoryLogin {
  user: DirectoryUser;
  groups: readonly DirectoryGroup[];
  /** Whether they are in the group of administrators. */
  isAdmin: boolean;
}

const rememberServerMs = 3_600_000;
/** No name of a user or a group here is longer. */
const longestName = 255;

/** The LDAP directory that the settings name. The libraries for it are loaded when it is first asked. */
@Injectable()
export class LdapDirectory {
  private readonly checkPassword: PasswordCheck = bindWithPassport;
  private readonly outside: Outside;
  /** Which servers go through groups within groups by themselves, by URL. */
  private readonly transitive = new LRUCache<string, boolean>({ max: 32, ttl: rememberServerMs });

  constructor(
    @Inject(CORE_CONFIG) { outboundReach: reach, outboundCaFile }: CoreConfig,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    const own = outboundCaFile === '' ? null : readFileSync(outboundCaFile, 'utf8');
    const trust = own === null ? undefined : createSecureContext({ ca: [...getCACertificates('default'), own] });
    this.outside = { reach, trust };
  }

  /** Null while no directory is set. */
  get settings(): LdapSettings | null {
    return readLdapSettings((key) => this.configuration.value(key));
  }

  /** Looks for anybody. @throws AppError UNAVAILABLE with what is wrong */
  async ping(settings: LdapSettings): Promise<void> {
    await DirectoryClient.use(settings, this.outside, (client) => client.findUsers([], 1));
  }

  /**
   * Looks somebody up, binds once as them, and finds all their groups.
   * @returns null when name and password do not belong together, or when more than one has the name
   * @throws AppError UNAVAILABLE
   */
  async logIn(username: string, password: string): Promise<DirectoryLogin | null> {
    const { settings } = this;
    if (settings === null) throw Errors.unavailable('no LDAP directory is configured');
    if (username.length > longestName) return null;
    return DirectoryClient.use(settings, this.outside, async (client) => {
      const [user, another] = await client.findUsers([username], 2);
      if (another !== undefined) this.log.warn({ username }, 'more than one entry of the LDAP directory has this name');
      if (user === undefined || another !== undefined) return null;
      if (!(await this.checkPassword(settings, this.outside, { dn: user.dn, password }))) return null;
      const groups = await this.groupsOf(user, client, settings);
      const admins = dnKey(settings.group.adminDn);
      const isAdmin =
        admins !== '' && [...user.memberOf, ...groups.map(({ dn }) => dn)].some((dn) => dnKey(dn) === admins);
      return { user, groups, isAdmin };
    });
  }

  /** People of these user names; everybody when none is given. @throws AppError BAD_REQUEST, UNAVAILABLE */
  async findUsers(usernames: readonly string[]): Promise<DirectoryUser[]> {
    const possible = usernames.filter((name) => name.length <= longestName);
    if (possible.length === 0 && usernames.length > 0) return [];
    return this.use((client) => client.findUsers(possible));
  }

  /** Groups of a name; all of them when it is empty. @throws AppError BAD_REQUEST, UNAVAILABLE */
  async findGroupsByName(name: string): Promise<DirectoryGroup[]> {
    if (name.length > longestName) return [];
    return this.use((client) => client.findGroupsByName(name));
  }

  /** The group, if it counts. @throws AppError BAD_REQUEST when that is no DN, UNAVAILABLE */
  async findGroup(dn: string): Promise<DirectoryGroup | null> {
    const { group } = this.configured();
    if ((parseDn(dn) ?? []).length === 0) throw Errors.badRequest(`invalid DN: ${dn.slice(0, longestName)}`);
    if (!isUnder(dn, group.base)) return null;
    const [found] = await this.use((client) => client.findGroups({ named: [dn], containing: [] }));
    return found ?? null;
  }

  private async groupsOf(user: DirectoryUser, client: DirectoryClient, { url, group }: LdapSettings) {
    if (group.filter === '') return [];
    const isTransitive = this.transitive.get(url) ?? (await client.goesThroughLevels());
    this.transitive.set(url, isTransitive);
    return walkGroups(user, (question) => client.findGroups(question, isTransitive), isTransitive);
  }

  private use<T>(work: (client: DirectoryClient) => Promise<T>): Promise<T> {
    return DirectoryClient.use(this.configured(), this.outside, work);
  }

  private configured(): LdapSettings {
    const { settings } = this;
    if (settings === null) throw Errors.badRequest('no LDAP directory is configured');
    return settings;
  }
}
