import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { fingerprint } from '@haven/auth';
import { LRUCache } from 'lru-cache';
import { CoreClient, type TokenRequest } from '../core/core.client.js';
import type { Caller } from './caller.js';
import { TokenVerifier } from './token.verifier.js';

const mostOutcomes = 10_000;
const longestMs = 60_000;

interface Outcome {
  accessVersion: number;
  caller: Promise<Caller | null>;
}

/**
 * Turns user name and password, sent straight to /v2, into a caller: core is asked, and its answer remembered for at most a
 * minute, and no longer than nobody's rights change. What is remembered is found by a keyed hash, never by the secret.
 */
@Injectable()
export class BasicExchange {
  readonly lookups = { hits: 0, misses: 0 };
  private readonly key = randomBytes(32);
  private readonly outcomes = new LRUCache<string, Outcome>({ max: mostOutcomes, ttl: longestMs });

  constructor(
    @Inject(CoreClient) private readonly core: CoreClient,
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
  ) {}

  /**
   * @param accessVersion as read before this call, so that a change made meanwhile is noticed next time
   * @returns null when the credentials are not accepted
   * @throws AppError UNAVAILABLE when core is away
   */
  async callerOf(request: TokenRequest, accessVersion: number): Promise<Caller | null> {
    const key = fingerprint(this.key, [request.authorization, ...request.scopes].join('\n'));
    const known = this.outcomes.get(key);
    // Requests that come together share one question to core.
    const isHit = known?.accessVersion === accessVersion;
    this.lookups[isHit ? 'hits' : 'misses'] += 1;
    if (isHit) return known.caller;
    const outcome: Outcome = { accessVersion, caller: this.ask(request) };
    this.outcomes.set(key, outcome);
    const forget = (): void => {
      if (this.outcomes.peek(key) === outcome) this.outcomes.delete(key);
    };
    // A refusal may be due to throttling and is over soon; only acceptance is remembered.
    outcome.caller.then((caller) => {
      if (caller === null) forget();
    }, forget);
    return outcome.caller;
  }

  private async ask(request: TokenRequest): Promise<Caller | null> {
    const token = await this.core.requestToken(request);
    const verified = token === null ? null : await this.verifier.verify(token);
    // Credentials were shown, so an anonymous token means that they were not accepted.
    return verified === null || verified.caller.username === '' ? null : verified.caller;
  }
}
