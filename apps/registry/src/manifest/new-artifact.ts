import { Errors } from '@haven/errors';
import type { NewArtifact } from '@haven/models';
import {
  accessoryType,
  artifactMediaType,
  artifactTypeOf,
  artifactWord,
  cosignTagSubject,
  digestOf,
  digestParts,
  MediaTypes,
  type Descriptor,
  type Digest,
  type ParsedManifest,
  type Reference,
} from '@haven/oci';
import { documentAttributes, imageAttributes } from './image-config.js';

/** Everything that is known of a pushed manifest before the transaction. */
export interface PushedManifest {
  payload: Buffer;
  manifest: ParsedManifest;
  digest: Digest;
  /** None when it was pushed by digest alone. */
  tags: readonly string[];
}

/**
 * The digest under which a manifest is stored: the one it was pushed under, or its sha256.
 * @throws AppError DIGEST_INVALID when the bytes are not what the reference says
 */
export function digestOfPushed(payload: Buffer, reference: Reference): Digest {
  if (reference.kind === 'tag') return digestOf(payload);
  const { algorithm } = digestParts(reference.digest);
  if (digestOf(payload, algorithm) !== reference.digest) throw Errors.digestInvalid();
  return reference.digest;
}

/** Larger configs are stored like any blob, but not read. */
const mostImageConfigBytes = 4 * 1024 * 1024;
/** These are shown whole. */
const mostDocumentBytes = 64 * 1024;

/** A config that is read for what is shown of the artifact, and how. */
export interface ReadableConfig {
  descriptor: Descriptor;
  mostBytes: number;
  read: (bytes: Buffer) => object;
}

/** The config that says what an artifact is, if it has one that can be read. */
export function readableConfigOf({ config }: ParsedManifest): ReadableConfig | null {
  if (config === undefined || config.mediaType === MediaTypes.ociEmpty) return null;
  const isImage = config.mediaType === MediaTypes.ociConfig || config.mediaType === MediaTypes.dockerConfig;
  const [mostBytes, read] = isImage ? [mostImageConfigBytes, imageAttributes] : [mostDocumentBytes, documentAttributes];
  if (config.size > mostBytes || !config.mediaType.endsWith('+json')) return null;
  return { descriptor: config, mostBytes, read };
}

function accessoryOf({ manifest, tags }: PushedManifest): { accessory?: { type: string; subjectDigest: string } } {
  if (manifest.subject !== undefined) {
    return { accessory: { type: accessoryType(manifest), subjectDigest: manifest.subject.digest } };
  }
  const signed = tags.map((tag) => cosignTagSubject(tag, manifest)).find((subject) => subject !== null);
  return signed === undefined ? {} : { accessory: { type: 'signature.cosign', subjectDigest: signed } };
}

const iconAnnotation = 'io.goharbor.artifact.v1alpha1.icon';
const mostIconBytes = 1024 * 1024;

/** The layer that the manifest marks as a picture of the artifact; only small ones are shown. */
function iconOf({ layers }: ParsedManifest): { icon?: string } {
  const icon = layers.find(({ annotations }) => annotations?.[iconAnnotation] !== undefined);
  return icon === undefined || icon.size > mostIconBytes ? {} : { icon: icon.digest };
}

/** As Harbor counts: the manifest and everything it names, repeats included. */
function sizeOf({ payload, manifest }: PushedManifest, childSizes: ReadonlyMap<string, number>): number {
  const blobs = [...(manifest.config === undefined ? [] : [manifest.config]), ...manifest.layers];
  const children = manifest.manifests.map(({ digest }) => childSizes.get(digest) ?? 0);
  return [payload.length, ...blobs.map(({ size }) => size), ...children].reduce((sum, size) => sum + size, 0);
}

/**
 * A pushed manifest as the database takes it.
 * @param childSizes what the children of an index have in the repository, in bytes, by digest
 * @param extraAttrs what was read from the config
 */
export function newArtifact(
  pushed: PushedManifest,
  childSizes: ReadonlyMap<string, number>,
  extraAttrs: object,
): NewArtifact {
  const { payload, manifest, digest } = pushed;
  const sizeBytes = sizeOf(pushed, childSizes);
  if (!Number.isSafeInteger(sizeBytes))
    throw Errors.manifestInvalid('manifest invalid: its sizes are beyond all bounds');
  return {
    digest,
    payload,
    manifestMediaType: manifest.mediaType,
    mediaType: artifactMediaType(manifest),
    artifactType: artifactTypeOf(manifest),
    type: artifactWord(manifest),
    sizeBytes,
    blobDigests: manifest.blobs.filter(({ required }) => required).map((blob) => blob.digest),
    children: manifest.manifests.map(({ digest: child, platform, urls, annotations }) => ({
      digest: child,
      ...(platform === undefined ? {} : { platform }),
      ...(urls === undefined ? {} : { urls }),
      ...(annotations === undefined ? {} : { annotations }),
    })),
    annotations: manifest.annotations,
    extraAttrs,
    ...iconOf(manifest),
    ...(manifest.subject === undefined ? {} : { subjectDigest: manifest.subject.digest }),
    ...accessoryOf(pushed),
  };
}
