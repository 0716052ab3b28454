import { compact } from '@haven/http';
import type { DirectoryUser } from './directory.client.js';
import type { DirectoryGroup } from './group-walk.js';
import type { FailedImport, PingResult } from './ldap.service.js';

/** Harbor's LdapPingResult. */
export const presentPing = ({ success, message }: PingResult): object => compact({ success, message });

/** Harbor's LdapUser. */
export const presentLdapUser = ({ username, realname, email }: DirectoryUser): object =>
  compact({ username, realname, email });

/** Harbor's LdapFailedImportUser. */
export const presentFailedImport = ({ uid, error }: FailedImport): object => compact({ uid, error });

/** Harbor's UserGroup, for one that may not be known yet. */
export const presentLdapGroup = ({ name, dn }: DirectoryGroup): object =>
  compact({ group_name: name, group_type: 1, ldap_group_dn: dn });
