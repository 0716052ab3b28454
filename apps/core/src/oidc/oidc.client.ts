import { Inject, Injectable } from '@nestjs/common';
import { OutboundClient } from '@haven/outbound';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';
import { groupFilter } from './group-filter.js';
import { discover, type Provider } from './oidc-discovery.js';
import { identityOf, isComplete, type Claims, type Identity } from './oidc-identity.js';
import { readOidcSettings, type OidcSettings } from './oidc-settings.js';
import { isUnreachable } from './oidc.error.js';

const knownMs = 10 * 60_000;
/** How long nobody asks again for a provider that could not be asked: shortly, unless what is known of it will do. */
const failedMs = { unknown: 3_000, known: 60_000 };
const clockToleranceSeconds = 60;
const shortestValiditySeconds = 300;
const google = 'https://accounts.google.com';

type Tokens = Awaited<ReturnType<Provider['oidc']['refreshTokenGrant']>>;
type IdTokenClaims = NonNullable<ReturnType<Tokens['claims']>>;

/** What binds an answer of the provider to the log-in that we began. */
export interface LoginChecks {
  state: string;
  /** The secret half of PKCE (RFC 7636). */
  verifier: string;
}

/** What the provider answered: who somebody is, how long that holds, and what to ask it with again. */
export interface ProviderAnswer {
  identity: Identity;
  validUntil: Date;
  tokens: ProviderTokens;
}

export interface ProviderTokens {
  idToken: string;
  /** Empty when the provider gave none: then only the browser can ask anew. */
  refreshToken: string;
}

/** A provider, as the settings of `key` describe it, and what was last heard of it. */
interface KnownProvider {
  key: string;
  provider: Promise<Provider>;
  last: Provider | null;
  until: number;
}

/** The OpenID Connect provider of the settings. Its library is loaded when somebody first asks for it. */
@Injectable()
export class OidcClient {
  private known: KnownProvider | null = null;

  constructor(
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
  ) {}

  /** @throws Error when there is no provider at an address */
  async ping(endpoint: string, verifyCertificate: boolean): Promise<void> {
    const settings = { ...readOidcSettings(this.configuration), endpoint, verifyCertificate };
    await discover(settings, this.outbound);
  }

  /** Where a browser is sent to log in. */
  async authorizationUrl({ state, verifier }: LoginChecks): Promise<string> {
    const settings = readOidcSettings(this.configuration);
    const { oidc, configuration } = await this.provider(settings);
    const isGoogle = configuration.serverMetadata().issuer === google;
    const url = oidc.buildAuthorizationUrl(configuration, {
      ...settings.extraParameters,
      // Google gives refresh tokens by parameters of its own, and refuses the scope that others have for it.
      ...(isGoogle ? { access_type: 'offline', prompt: 'consent' } : {}),
      scope: settings.scopes.filter((scope) => !isGoogle || scope !== 'offline_access').join(' '),
      redirect_uri: this.callbackUrl,
      state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /** Redeems what the browser brought back. @param query of the callback @throws Error when it is not worth anything */
  async redeem(query: string, { state, verifier }: LoginChecks): Promise<ProviderAnswer> {
    const settings = readOidcSettings(this.configuration);
    const provider = await this.provider(settings);
    const tokens = await provider.oidc.authorizationCodeGrant(
      provider.configuration,
      new URL(`${this.callbackUrl}?${query}`),
      { expectedState: state, pkceCodeVerifier: verifier, idTokenExpected: true },
    );
    return this.answer(provider, settings, tokens, null);
  }

  /** Asks anew without a browser. @throws Error that `isRefusal` knows when the provider says no */
  async refresh({ refreshToken, idToken }: ProviderTokens): Promise<ProviderAnswer> {
    const settings = readOidcSettings(this.configuration);
    const provider = await this.provider(settings);
    const tokens = await provider.oidc.refreshTokenGrant(provider.configuration, refreshToken);
    return this.answer(provider, settings, tokens, { refreshToken, idToken });
  }

  /** Whom an ID token that somebody shows speaks of. @returns null when it is not one, or not for us */
  async identify(idToken: string): Promise<Identity | null> {
    const settings = readOidcSettings(this.configuration);
    const { jose, keys, configuration } = await this.provider(settings);
    try {
      const { payload } = await jose.jwtVerify(idToken, keys, {
        issuer: configuration.serverMetadata().issuer,
        audience: settings.clientId,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
      });
      return await this.identityIn(payload, settings);
    } catch (error) {
      if (error instanceof jose.errors.JOSEError && !isUnreachable(error)) return null;
      throw error;
    }
  }

  /** Where a browser is sent to log out of the provider too, or null when it has no such place. */
  async endSessionUrl(idToken: string): Promise<string | null> {
    const { oidc, configuration } = await this.provider(readOidcSettings(this.configuration));
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    const parameters = { id_token_hint: idToken, post_logout_redirect_uri: `${this.config.externalUrl}/` };
    return oidc.buildEndSessionUrl(configuration, parameters).href;
  }

  private get callbackUrl(): string {
    return `${this.config.externalUrl}/c/oidc/callback`;
  }

  private async answer(
    { oidc, jose, configuration }: Provider,
    settings: OidcSettings,
    tokens: Tokens,
    previous: ProviderTokens | null,
  ): Promise<ProviderAnswer> {
    // A refresh need not bring a new ID token (OpenID Connect Core 1.0, section 12.2).
    const claims = tokens.claims() ?? jose.decodeJwt<IdTokenClaims>(previous?.idToken ?? '');
    const validSeconds = tokens.claims()?.exp ?? Date.now() / 1_000 + (tokens.expires_in ?? shortestValiditySeconds);
    const isEnough = tokens.id_token !== undefined && isComplete(claims, settings);
    const canBeAsked = configuration.serverMetadata().userinfo_endpoint !== undefined;
    const more =
      isEnough || !canBeAsked ? {} : await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    // What is newer counts.
    const merged = tokens.id_token === undefined ? { ...claims, ...more } : { ...more, ...claims };
    return {
      identity: await this.identityIn(merged, settings),
      validUntil: new Date(validSeconds * 1_000),
      tokens: {
        idToken: tokens.id_token ?? previous?.idToken ?? '',
        refreshToken: tokens.refresh_token ?? previous?.refreshToken ?? '',
      },
    };
  }

  private async identityIn(claims: Claims, settings: OidcSettings): Promise<Identity> {
    return identityOf(claims, { ...settings, isWantedGroup: await groupFilter(settings.groupFilter) });
  }

  /** The provider, discovered again now and then; while it cannot be asked, what is known of it holds. */
  private provider(settings: OidcSettings): Promise<Provider> {
    const { endpoint, clientId, clientSecret, verifyCertificate } = settings;
    const key = JSON.stringify([endpoint, clientId, clientSecret, verifyCertificate]);
    const known = this.known?.key === key ? this.known : null;
    if (known !== null && Date.now() < known.until) return known.provider;
    const last = known?.last ?? null;
    const provider = discover(settings, this.outbound).then(
      (found) => (entry.last = found),
      (error: unknown) => {
        entry.until = Date.now() + (last === null ? failedMs.unknown : failedMs.known);
        if (last === null) throw error;
        return last;
      },
    );
    const entry: KnownProvider = { key, provider, last, until: Date.now() + knownMs };
    this.known = entry;
    return provider;
  }
}
