import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { parseChallenge, type Challenge } from './challenge.js';
import { memo, type Lasting } from './memo.js';
import { readJson } from './read-json.js';
import { RegistryError } from './registry.error.js';
import type { Transport } from './transport.js';

/** What a registry is shown. `oauth`: the secret is a refresh token; `secret`: it is a bearer token as it stands. */
export interface RegistryCredential {
  type: 'basic' | 'oauth' | 'secret';
  accessKey: string;
  accessSecret: string;
}

/** Where credentials come from that are made on request, such as those of clouds, and how long they hold. */
export type CredentialSource = (signal?: AbortSignal) => Promise<RegistryCredential | null>;

/** An `Authorization` header, and whether it was got for this request. */
export interface Authorization {
  value: string | null;
  isFresh: boolean;
}

type BearerChallenge = Extract<Challenge, { scheme: 'bearer' }>;

const tokenAnswer = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().nullish(),
});
/** Of a token that does not say how long it holds (distribution, "Token Authentication Specification"). */
const defaultLifetimeSeconds = 60;
/** A token is renewed so long before its end, or after four fifths of its life if that is later. */
const renewAheadSeconds = 30;
const mostTokens = 1_000;
const clientId = 'haven';

interface Token {
  value: string;
  /** Counts the tokens that were fetched. */
  number: number;
}

/** What an account shows without being asked; nothing when there is none. */
export const basicAuthorization = (credential: RegistryCredential | null | undefined): Record<string, string> =>
  credential === null || credential === undefined ? {} : { authorization: basicHeader(credential) };

const basicHeader = ({ accessKey, accessSecret }: RegistryCredential): string =>
  `Basic ${Buffer.from(`${accessKey}:${accessSecret}`).toString('base64')}`;

/** Meets the challenges of one registry: none, Basic, or tokens by scope, which are kept until shortly before their end. */
export class Authorizer {
  private challenge: Challenge | null = null;
  private readonly tokens = new LRUCache<string, (signal?: AbortSignal) => Promise<Token>>({ max: mostTokens });
  private fetched = 0;

  /** @param credentials asked each time, so that they may change */
  constructor(
    private readonly transport: Transport,
    private readonly credentials: CredentialSource,
  ) {}

  /** @param scope such as `repository:library/app:pull`; several with spaces between; empty for none */
  async authorize(scope: string, signal?: AbortSignal): Promise<Authorization> {
    const credential = await this.credentials(signal);
    if (credential?.type === 'secret') return { value: `Bearer ${credential.accessSecret}`, isFresh: true };
    const { challenge } = this;
    if (challenge === null) return { value: null, isFresh: false };
    if (challenge.scheme === 'basic') {
      return { value: credential === null ? null : basicHeader(credential), isFresh: true };
    }
    const { fetched } = this;
    const key = `${fingerprint(credential)} ${scope}`;
    const token =
      this.tokens.get(key) ?? memo(this.transport.clock, (at) => this.fetch(challenge, scope, credential, at));
    this.tokens.set(key, token);
    const { value, number } = await token(signal);
    return { value: `Bearer ${value}`, isFresh: number > fetched };
  }

  /**
   * Learns from a 401.
   * @param sent what the refused request showed
   * @returns whether it is worth asking once more
   */
  refused(header: string | undefined, scope: string, sent: Authorization, url: URL): boolean {
    const challenge = parseChallenge(header);
    // Harbor asks for Basic where a token does not suffice; that would turn every further request into one with a password.
    const isDowngrade = challenge?.scheme === 'basic' && this.challenge?.scheme === 'bearer';
    if (challenge !== null && !isDowngrade) this.challenge = settled(challenge, url);
    for (const key of this.tokens.keys()) if (key.endsWith(` ${scope}`)) this.tokens.delete(key);
    return this.challenge !== null && (sent.value === null || !sent.isFresh);
  }

  /** @see https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/ */
  private async fetch(
    { realm, service }: BearerChallenge,
    scope: string,
    credential: RegistryCredential | null,
    signal?: AbortSignal,
  ): Promise<Lasting<Token>> {
    const scopes = scope.split(' ').filter((one) => one !== '');
    const url = new URL(realm);
    const parameters = new URLSearchParams(service === '' ? {} : { service });
    const { clock } = this.transport;
    const common = signal === undefined ? {} : { signal };
    const requestedAt = clock.now();
    let answer;
    if (credential?.type === 'oauth') {
      parameters.set('grant_type', 'refresh_token');
      parameters.set('client_id', clientId);
      parameters.set('refresh_token', credential.accessSecret);
      if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      answer = await this.transport.send(url, { method: 'POST', headers, body: parameters.toString(), ...common });
    } else {
      for (const one of scopes) parameters.append('scope', one);
      for (const [name, value] of parameters) url.searchParams.append(name, value);
      answer = await this.transport.send(url, { headers: basicAuthorization(credential), ...common });
    }
    if (answer.status !== 200) throw await this.transport.refusal(answer);
    const { token, access_token: accessToken, expires_in: lifetime } = await readJson(answer, tokenAnswer);
    const value = (token ?? '') === '' ? accessToken : token;
    if (value === undefined || value === null || !/^[\x21-\x7e]+$/.test(value)) throw malformed(url.origin);
    const seconds = Math.max(lifetime ?? 0, 0) || defaultLifetimeSeconds;
    const until = requestedAt + 1_000 * Math.max(seconds - renewAheadSeconds, seconds * 0.8);
    return { value: { value, number: (this.fetched += 1) }, until };
  }
}

const malformed = (origin: string): RegistryError =>
  new RegistryError('malformed', `${origin} answered with something that is no token`);

/** Which credentials a token was got with, without telling them. */
const fingerprint = (credential: RegistryCredential | null): string =>
  credential === null ? '' : createHash('sha256').update(JSON.stringify(credential)).digest('base64');

/** @throws RegistryError when tokens would have to be asked for at no sound address, or without TLS where the registry has it */
function settled(challenge: Challenge, url: URL): Challenge {
  if (challenge.scheme === 'basic') return challenge;
  const realm = URL.parse(challenge.realm, url.href);
  const isSound =
    realm !== null && (realm.protocol === 'https:' || (realm.protocol === 'http:' && url.protocol === 'http:'));
  if (!isSound) throw new RegistryError('malformed', `${url.origin} sends to no sound address for tokens`);
  return { ...challenge, realm: realm.href };
}
