import { Inject, Injectable } from '@nestjs/common';
import type { RuntimeKeyName, RuntimeValue } from '@haven/config';
import { AppError } from '@haven/errors';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Actor } from '../security/actor.decorator.js';
import type { DirectoryUser } from './directory.client.js';
import type { DirectoryGroup } from './group-walk.js';
import { LdapDirectory } from './ldap-directory.service.js';
import { LdapOnboarding } from './ldap-onboarding.service.js';
import { readLdapSettings, type LdapSettings } from './ldap-settings.js';
import type { LdapConf } from './ldap.schema.js';

export interface PingResult {
  success: boolean;
  /** Why not; empty when it was one. */
  message: string;
}

export interface FailedImport {
  uid: string;
  error: string;
}

/** What administrators do with the directory. */
@Injectable()
export class LdapService {
  constructor(
    @Inject(LdapDirectory) private readonly directory: LdapDirectory,
    @Inject(LdapOnboarding) private readonly onboarding: LdapOnboarding,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** Tries settings before they are stored. */
  async ping(conf: LdapConf): Promise<PingResult> {
    const settings = this.settingsWith(conf);
    if (settings === null) return failed('ldap_url or ldap_base_dn is missing or wrong');
    try {
      await this.directory.ping(settings);
      return { success: true, message: '' };
    } catch (error) {
      if (error instanceof AppError) return failed(error.message);
      throw error;
    }
  }

  /** @throws AppError BAD_REQUEST when there is no directory, UNAVAILABLE */
  searchUsers(username: string): Promise<DirectoryUser[]> {
    return this.directory.findUsers(username === '' ? [] : [username]);
  }

  /** @throws AppError BAD_REQUEST when there is no directory or that is no DN, UNAVAILABLE */
  async searchGroups({ name, dn }: { name: string; dn: string }): Promise<DirectoryGroup[]> {
    if (dn === '') return this.directory.findGroupsByName(name);
    const group = await this.directory.findGroup(dn);
    return group === null ? [] : [group];
  }

  /** Gives people an account before they first log in. @returns who could not be given one, and why */
  async importUsers(actor: Actor, uids: readonly string[]): Promise<FailedImport[]> {
    const asked = uids.map((uid) => uid.trim());
    const named = [...new Set(asked.filter((uid) => uid !== ''))];
    const users = named.length === 0 ? [] : await this.directory.findUsers(named);
    const failures: FailedImport[] = [];
    for (const uid of asked) {
      const matches = users.filter(({ username }) => username.toLowerCase() === uid.toLowerCase());
      const error = uid === '' ? 'empty_uid' : await this.importUser(actor, matches);
      if (error !== null) failures.push({ uid, error });
    }
    return failures;
  }

  /** @returns what is wrong, in Harbor's words where it has some */
  private async importUser(actor: Actor, [user, another]: readonly DirectoryUser[]): Promise<string | null> {
    if (user === undefined) return 'unknown_user';
    if (another !== undefined) return 'more than one entry has this name';
    const userId = await this.onboarding.ensureUser(user, { username: actor.username, sourceIp: actor.sourceIp });
    return userId === null ? 'this name cannot be the name of a user' : null;
  }

  private settingsWith(conf: LdapConf): LdapSettings | null {
    const given = Object.entries(conf).filter(([, value]) => value !== '' && value !== null);
    const values: Partial<Record<RuntimeKeyName, unknown>> = Object.fromEntries(given);
    return readLdapSettings((key) => (values[key] ?? this.configuration.value(key)) as RuntimeValue<typeof key>);
  }
}

const failed = (message: string): PingResult => ({ success: false, message: `error: ${message}` });
