import { createCipheriv, hash } from 'node:crypto';

/** Bytes with the descriptor that names them (image-spec "Content Descriptors"). */
export interface Content {
  mediaType: string;
  digest: string;
  size: number;
  bytes: Buffer;
}

/** A descriptor as it stands in a manifest. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export const sha256 = (bytes: Uint8Array | string): string => `sha256:${hash('sha256', bytes, 'hex')}`;

export const contentOf = (mediaType: string, bytes: Buffer): Content => ({
  mediaType,
  digest: sha256(bytes),
  size: bytes.length,
  bytes,
});

export const jsonContent = (mediaType: string, value: unknown): Content =>
  contentOf(mediaType, Buffer.from(JSON.stringify(value)));

export const descriptorOf = ({ mediaType, digest, size }: Content): Descriptor => ({ mediaType, digest, size });

/** `size` bytes that do not compress and that only `seed` decides. */
export function deterministicBytes(seed: string, size: number): Buffer {
  const cipher = createCipheriv('aes-256-ctr', hash('sha256', seed, 'buffer'), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}
