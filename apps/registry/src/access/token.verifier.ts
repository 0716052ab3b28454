import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { VerificationKeys, verifyAccessToken } from '@haven/auth';
import { LRUCache } from 'lru-cache';
import { Databases } from '../database/databases.js';
import { Caller } from './caller.js';

const mostTokens = 10_000;

/** A token that holds, until it no longer does. */
export interface VerifiedToken {
  caller: Caller;
  expiresAtMs: number;
}

/** Checks the tokens of core. One that holds is remembered, under its hash, until it expires. */
@Injectable()
export class TokenVerifier {
  readonly lookups = { hits: 0, misses: 0 };
  private readonly keys: VerificationKeys;
  private readonly verified = new LRUCache<string, VerifiedToken>({ max: mostTokens });

  constructor(@Inject(Databases) databases: Databases) {
    this.keys = new VerificationKeys(databases.pull);
  }

  /** Null for a token that is forged, expired, or for someone else. */
  async verify(token: string): Promise<VerifiedToken | null> {
    const key = hash('sha256', token, 'base64');
    const known = this.verified.get(key);
    this.lookups[known === undefined ? 'misses' : 'hits'] += 1;
    if (known !== undefined) return known;
    const claims = await verifyAccessToken(token, this.keys.find);
    if (claims === null) return null;
    const expiresAtMs = claims.expiresAtSeconds * 1000;
    const verified = { caller: new Caller(claims.subject, claims.access), expiresAtMs };
    const ttl = expiresAtMs - Date.now();
    // In its leeway after expiry a token still holds, but is not worth remembering.
    if (ttl > 0) this.verified.set(key, verified, { ttl });
    return verified;
  }
}
