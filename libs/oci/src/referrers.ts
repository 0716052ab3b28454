import type { Digest } from './digest.js';
import { MediaTypes } from './media-type.js';

export interface Referrer {
  mediaType: string;
  digest: Digest;
  /** Bytes of the referring manifest. */
  size: number;
  /** As `artifactTypeOf` says; empty means none. */
  artifactType: string;
  annotations: Readonly<Record<string, string>> | null;
}

export interface ReferrersIndex {
  schemaVersion: 2;
  mediaType: typeof MediaTypes.ociIndex;
  manifests: {
    mediaType: string;
    digest: Digest;
    size: number;
    artifactType?: string;
    annotations?: Readonly<Record<string, string>>;
  }[];
}

/** The answer of distribution-spec "Listing Referrers", in the order given; an unknown subject has an empty one. */
export function referrersIndex(referrers: readonly Referrer[]): ReferrersIndex {
  return {
    schemaVersion: 2,
    mediaType: MediaTypes.ociIndex,
    manifests: referrers.map(({ mediaType, digest, size, artifactType, annotations }) => ({
      mediaType,
      digest,
      size,
      ...(artifactType === '' ? {} : { artifactType }),
      ...(annotations === null || Object.keys(annotations).length === 0 ? {} : { annotations }),
    })),
  };
}
