import { compact } from '@haven/http';
import type { OidcMetaRow } from './oidc-user.repository.js';

/** Harbor's OIDCUserInfo. */
export const presentOidcMeta = (row: OidcMetaRow): object =>
  compact({
    id: row.id,
    user_id: row.userId,
    subiss: row.subiss,
    secret: row.secret,
    creation_time: row.creationTime,
    update_time: row.updateTime,
  });
