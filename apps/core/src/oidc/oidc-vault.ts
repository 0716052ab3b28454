import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecretBox } from '@haven/auth';
import type { ProviderTokens } from './oidc.client.js';

/** A secret that meets Harbor's rule for passwords. */
export const makeSecret = (): string => `Aa1${randomBytes(24).toString('base64url')}`;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether a secret is the one that was encrypted; its time says nothing of it. */
export const isSecret = (box: SecretBox, sealed: string, given: string): boolean =>
  timingSafeEqual(digest(box.decrypt(sealed)), digest(given));

export const sealTokens = (box: SecretBox, tokens: ProviderTokens): string => box.encrypt(JSON.stringify(tokens));

/** @returns null when the provider has taken them back */
export const openTokens = (box: SecretBox, sealed: string): ProviderTokens | null =>
  sealed === '' ? null : (JSON.parse(box.decrypt(sealed)) as ProviderTokens);
