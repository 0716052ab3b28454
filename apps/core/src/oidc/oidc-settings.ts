import type { ConfigurationService } from '../configuration/configuration.service.js';

/** The provider as administrators have described it, in Harbor's runtime settings. */
export interface OidcSettings {
  endpoint: string;
  clientId: string;
  clientSecret: string;
  verifyCertificate: boolean;
  scopes: string[];
  /** Added to the request that a log-in begins with. */
  extraParameters: Readonly<Record<string, string>>;
  userClaim: string;
  groupsClaim: string;
  adminGroup: string;
  groupFilter: string;
}

export function readOidcSettings(configuration: ConfigurationService): OidcSettings {
  const scopes = configuration.value('oidc_scope').split(/[\s,]+/);
  return {
    endpoint: configuration.value('oidc_endpoint').trim(),
    clientId: configuration.value('oidc_client_id'),
    clientSecret: configuration.value('oidc_client_secret'),
    verifyCertificate: configuration.value('oidc_verify_cert'),
    scopes: ['openid', ...scopes.filter((scope) => scope !== '' && scope !== 'openid')],
    extraParameters: JSON.parse(configuration.value('oidc_extra_redirect_parms')) as Record<string, string>,
    userClaim: configuration.value('oidc_user_claim'),
    groupsClaim: configuration.value('oidc_groups_claim'),
    adminGroup: configuration.value('oidc_admin_group'),
    groupFilter: configuration.value('oidc_group_filter'),
  };
}
