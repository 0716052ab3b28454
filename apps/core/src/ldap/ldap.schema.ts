import { textParam } from '@haven/http';
import { z } from 'zod';

const text = z.string().max(4_096).nullish();
const mostImports = 1_000;

/** Harbor's LdapConf: settings to try; what is absent or empty is as it is set. */
export const ldapConf = z
  .object({
    ldap_url: text,
    ldap_search_dn: text,
    ldap_search_password: text,
    ldap_base_dn: text,
    ldap_filter: text,
    ldap_uid: text,
    ldap_scope: z.int().min(0).max(2).nullish(),
    ldap_verify_cert: z.boolean().nullish(),
  })
  .nullish()
  .transform((conf) => conf ?? {});

/** Harbor's LdapImportUsers. */
export const ldapImportUsers = z.object({
  ldap_uid_list: z
    .array(z.string().max(255))
    .max(mostImports)
    .nullish()
    .transform((uids) => uids ?? []),
});

export type LdapConf = z.infer<typeof ldapConf>;
export type LdapImportUsers = z.infer<typeof ldapImportUsers>;

/** `username` of a search; empty for everybody. */
export const searchedUser = (params: unknown): string => textParam(params, 'username') ?? '';

/** `groupname` and `groupdn` of a search; the DN counts where both are given. */
export const searchedGroup = (params: unknown): { name: string; dn: string } => ({
  name: textParam(params, 'groupname') ?? '',
  dn: textParam(params, 'groupdn') ?? '',
});
