import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;

/** Encrypts what is stored (AES-256-GCM), and derives keys for other uses from the one secret key of the platform. */
export class SecretBox {
  private readonly root: Buffer;
  private readonly key: Buffer;

  /** @param secretKey 32 bytes as 64 hexadecimal digits */
  constructor(secretKey: string) {
    this.root = Buffer.from(secretKey, 'hex');
    this.key = this.deriveKey('stored-secrets');
  }

  /** @returns `v1.` and iv, tag and ciphertext in base64 */
  encrypt(plain: string): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv);
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `v1.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')}`;
  }

  /** @throws Error when the text was not made by `encrypt` under the same key */
  decrypt(box: string): string {
    if (!box.startsWith('v1.')) throw new Error('not an encrypted secret of a known version');
    const bytes = Buffer.from(box.slice(3), 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, ivBytes));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  }

  /** A key of its own for each purpose (HKDF, RFC 5869), 32 bytes. */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.root, '', purpose, 32));
  }
}

/** A keyed fingerprint, for cache keys that must not hold the secret itself. */
export function fingerprint(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}
