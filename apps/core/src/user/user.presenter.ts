import type { Principal } from '@haven/auth';
import { compact, keep } from '@haven/http';
import { presentOidcMeta } from '../oidc/oidc.presenter.js';
import type { OidcMetaRow } from '../oidc/oidc-user.repository.js';
import type { UserRow } from './user.repository.js';

/** A user, with what a provider knows them by. */
export interface UserWithMeta extends UserRow {
  oidc?: OidcMetaRow | null;
}

/** Harbor's UserResp. @param viewer whoever asks: only of themselves does it tell an admin right that the log-in brought */
export const presentUser = (row: UserWithMeta, viewer?: Principal): object =>
  compact({
    user_id: row.userId,
    username: row.username,
    email: row.email ?? '',
    realname: row.realname,
    comment: row.comment,
    sysadmin_flag: keep(row.sysadminFlag),
    admin_role_in_auth: keep(viewer?.kind === 'user' && viewer.userId === row.userId && viewer.isAdminInAuth),
    oidc_user_meta: row.oidc ? presentOidcMeta(row.oidc) : undefined,
    creation_time: row.creationTime,
    update_time: row.updateTime,
  });

/** Harbor's UserSearchRespItem. */
export const presentUserName = (row: UserRow): object => compact({ user_id: row.userId, username: row.username });
