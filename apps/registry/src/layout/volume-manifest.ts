import { Errors } from '@haven/errors';
import { digestOf, digestParts, MediaTypes, parseManifest, type Digest, type ParsedManifest } from '@haven/oci';
import type { DistributionVolume } from '@haven/storage';

const maxManifestBytes = 4 * 1024 * 1024;

/**
 * Reads a manifest of a volume.
 * @throws AppError MANIFEST_UNKNOWN, DIGEST_INVALID, MANIFEST_INVALID
 */
export async function readVolumeManifest(
  volume: DistributionVolume,
  digest: Digest,
): Promise<{ payload: Buffer; manifest: ParsedManifest; digest: Digest }> {
  const payload = await volume.readSmallBlob(digest, maxManifestBytes);
  if (payload === null) {
    const isThere = (await volume.blobSize(digest)) !== null;
    throw isThere ? Errors.manifestInvalid('larger than 4 MiB') : Errors.manifestUnknown('it is not on the volume');
  }
  if (digestOf(payload, digestParts(digest).algorithm) !== digest) {
    throw Errors.digestInvalid('it is damaged: its bytes have another digest');
  }
  return { payload, manifest: parseManifest(payload, unstatedMediaType(payload)), digest };
}

/** Volumes do not keep the `Content-Type` of a push. Without a `mediaType` in the document it is OCI's, as distribution has it. */
function unstatedMediaType(payload: Buffer): string | undefined {
  try {
    const document = JSON.parse(payload.toString('utf8')) as { mediaType?: unknown; manifests?: unknown } | null;
    if (document?.mediaType !== undefined) return undefined;
    return document?.manifests === undefined ? MediaTypes.ociManifest : MediaTypes.ociIndex;
  } catch {
    return undefined; // What is no JSON is refused by whoever parses it in earnest.
  }
}
