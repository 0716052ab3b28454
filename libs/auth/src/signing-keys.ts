import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { sql, type Sql } from '@haven/models';
import type { SigningKey } from './access-token.js';
import type { SecretBox } from './secret-box.js';

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The key id that Harbor and distribution use (libtrust): 240 bits of the SHA-256 of the key, base32 in groups of four. */
export function keyIdOf(publicKey: KeyObject): string {
  const hash = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  const bits = [...hash.subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((group) => base32Alphabet[Number.parseInt(group, 2)]).join('');
  return (letters.match(/.{4}/g) ?? []).join(':');
}

/** Makes the first key of the token service; leaves an existing one alone. Run by the migration, under its lock. */
export async function ensureSigningKey(db: Sql, box: SecretBox): Promise<void> {
  const existing = await db.maybe(sql('SELECT kid FROM signing_key WHERE retired_at IS NULL LIMIT 1'));
  if (existing !== null) return;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await db.run(
    sql(
      'INSERT INTO signing_key (kid, public_key, private_key_encrypted) VALUES ($1, $2, $3)',
      keyIdOf(publicKey),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      box.encrypt(privatePem),
    ),
  );
}

/** The key that signs new tokens. @throws Error when there is none, or the secret key is not the one it was stored under */
export async function loadSigningKey(db: Sql, box: SecretBox): Promise<SigningKey> {
  const row = await db.maybe<{ kid: string; secret: string }>(
    sql(
      `SELECT kid, private_key_encrypted AS secret FROM signing_key WHERE retired_at IS NULL
        ORDER BY creation_time DESC LIMIT 1`,
    ),
  );
  if (row === null) throw new Error('there is no signing key: run the migration first');
  return { kid: row.kid, privateKey: createPrivateKey(box.decrypt(row.secret)) };
}

const reloadAfterMs = 5_000;

/** The public keys by kid; an unknown one is looked up again, at most every few seconds. */
export class VerificationKeys {
  private keys = new Map<string, KeyObject>();
  private loadedAt = 0;

  constructor(private readonly db: Sql) {}

  readonly find = async (kid: string): Promise<KeyObject | null> => {
    if (!this.keys.has(kid) && Date.now() - this.loadedAt > reloadAfterMs) await this.load();
    return this.keys.get(kid) ?? null;
  };

  private async load(): Promise<void> {
    const rows = await this.db.rows<{ kid: string; pem: string }>(
      sql('SELECT kid, public_key AS pem FROM signing_key'),
    );
    this.keys = new Map(rows.map((row) => [row.kid, createPublicKey(row.pem)]));
    this.loadedAt = Date.now();
  }
}
