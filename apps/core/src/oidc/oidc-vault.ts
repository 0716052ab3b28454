import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '@haven/auth';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';

/** A secret that meets Harbor's rule for passwords. */
export const makeSecret = (): string => `Aa1${randomBytes(24).toString('base64url')}`;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Encrypts what has to be had back: secrets for the command line, and what the provider gave. */
@Injectable()
export class OidcVault {
  private readonly box: SecretBox;

  constructor(@Inject(CORE_CONFIG) config: CoreConfig) {
    this.box = new SecretBox(config.secretKey);
  }

  /** @param value anything that JSON can hold */
  seal(value: unknown): string {
    return this.box.encrypt(JSON.stringify(value));
  }

  /** @throws Error when `seal` did not make it */
  open(sealed: string): unknown {
    return JSON.parse(this.box.decrypt(sealed));
  }

  /** Whether a secret is the one that was sealed; the time it takes says nothing of it. */
  isSecret(sealed: string, given: string): boolean {
    return timingSafeEqual(digest(String(this.open(sealed))), digest(given));
  }
}
