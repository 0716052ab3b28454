import type { OutboundClient } from '@haven/outbound';
import { fetchThrough } from './oidc-fetch.js';
import type { OidcSettings } from './oidc-settings.js';

const timeoutSeconds = 10;
const clockToleranceSeconds = 60;

type OpenIdClient = typeof import('openid-client');
type Jose = typeof import('jose');

/** A provider as it describes itself, and what to speak to it with. */
export interface Provider {
  oidc: OpenIdClient;
  jose: Jose;
  configuration: InstanceType<OpenIdClient['Configuration']>;
  /** Its public keys, fetched when a token names one that is not known. */
  keys: ReturnType<Jose['createRemoteJWKSet']>;
}

/** Reads how a provider is spoken to (OpenID Connect Discovery 1.0). @throws Error */
export async function discover(settings: OidcSettings, outbound: OutboundClient): Promise<Provider> {
  const { endpoint, clientId, clientSecret, verifyCertificate } = settings;
  // 50 ms and 10 MB that nobody needs who has no provider.
  const [oidc, jose] = await Promise.all([import('openid-client'), import('jose')]);
  const customFetch = fetchThrough(outbound, verifyCertificate);
  const configuration = await oidc.discovery(
    new URL(endpoint),
    clientId,
    { [oidc.clockTolerance]: clockToleranceSeconds },
    clientAuth(oidc, clientSecret),
    {
      [oidc.customFetch]: customFetch,
      timeout: timeoutSeconds,
      // Administrators may name a provider inside their network that has no TLS, as with Harbor. Signatures are therefore
      // checked also on tokens that came straight from it.
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the library calls it deprecated only to be noticed; the reason stands above.
      execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
    },
  );
  const keys = jose.createRemoteJWKSet(new URL(configuration.serverMetadata().jwks_uri ?? ''), {
    [jose.customFetch]: customFetch,
    timeoutDuration: timeoutSeconds * 1_000,
  });
  return { oidc, jose, configuration, keys };
}

/** How we say who we are, by what the provider takes; without a secret PKCE has to do. */
function clientAuth(oidc: OpenIdClient, clientSecret: string): ReturnType<OpenIdClient['None']> {
  if (clientSecret === '') return oidc.None();
  const [basic, post] = [oidc.ClientSecretBasic(clientSecret), oidc.ClientSecretPost(clientSecret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}
