import {
  invalidManifest,
  isJsonObject,
  readAnnotations,
  readDescriptor,
  readMediaType,
  type Descriptor,
  type JsonObject,
} from './descriptor.js';
import type { Digest } from './digest.js';
import {
  isDockerSchema1,
  isForeignLayer,
  isImageManifest,
  isIndex,
  MediaTypes,
  mediaTypeOfHeader,
  type ManifestMediaType,
} from './media-type.js';

/** Most descriptors in one manifest; real ones hold some hundreds. */
export const maxDescriptors = 10_000;

/** A blob that a manifest names. `required` is false for foreign layers that say where else they can be had. */
export interface ManifestBlob extends Descriptor {
  required: boolean;
}

export interface ParsedManifest {
  mediaType: ManifestMediaType;
  schemaVersion: 2;
  /** As written in the manifest; see `artifactTypeOf` for what the field means when it is absent. */
  artifactType?: string;
  /** Image manifests always have one, indexes never. */
  config?: Descriptor;
  /** Of an image manifest, in order, repeats included. */
  layers: readonly Descriptor[];
  /** Children of an index, in order. */
  manifests: readonly Descriptor[];
  /** Config and layers, each digest once. */
  blobs: readonly ManifestBlob[];
  /** OCI types only; Docker's have no such field. */
  subject?: Descriptor;
  annotations: Readonly<Record<string, string>>;
}

/**
 * Reads a manifest as a client pushed it (image-spec "Image Manifest" and "Image Index", Docker schema 2).
 * `contentType` is the request's header. The header and the document's `mediaType` must agree; either may be absent, not both.
 * Anything that is not a sound manifest of one of the four known types is MANIFEST_INVALID, with what is wrong as its message.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ParsedManifest {
  const document = decode(bytes);
  const mediaType = settleMediaType(readMediaType(document['mediaType'], 'mediaType'), contentType);
  if (document['schemaVersion'] !== 2) throw invalidManifest('schemaVersion is not 2');

  const parts = isIndex(mediaType) ? readIndex(document) : readImage(document);
  const artifactType = readMediaType(document['artifactType'], 'artifactType');
  const subject = isOci(mediaType) ? document['subject'] : undefined;
  return {
    mediaType,
    schemaVersion: 2,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...parts,
    ...(subject === undefined || subject === null ? {} : { subject: readDescriptor(subject, 'subject') }),
    annotations: readAnnotations(document['annotations'], 'annotations'),
  };
}

const isOci = (mediaType: ManifestMediaType): boolean =>
  mediaType === MediaTypes.ociManifest || mediaType === MediaTypes.ociIndex;

function decode(bytes: Uint8Array): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw invalidManifest('not JSON in UTF-8', cause);
  }
  if (!isJsonObject(document)) throw invalidManifest('not a JSON object');
  return document;
}

function settleMediaType(inDocument: string | undefined, contentType: string | undefined): ManifestMediaType {
  const inHeader = contentType === undefined ? '' : mediaTypeOfHeader(contentType);
  const mediaType = inHeader === '' ? inDocument : inHeader;
  if (mediaType === undefined) throw invalidManifest('neither Content-Type nor mediaType says what it is');
  if (isDockerSchema1(mediaType)) throw invalidManifest('Docker schema 1 is not supported');
  if (!isImageManifest(mediaType) && !isIndex(mediaType)) {
    throw invalidManifest(`media type ${mediaType.slice(0, 255)} is not supported`);
  }
  if (inDocument !== undefined && inDocument !== mediaType) {
    throw invalidManifest(`Content-Type is ${mediaType} but mediaType is ${inDocument}`);
  }
  return mediaType;
}

type Parts = Pick<ParsedManifest, 'config' | 'layers' | 'manifests' | 'blobs'>;

function readImage(document: JsonObject): Parts {
  refuseForeignFields(document, ['manifests']);
  const config = readDescriptor(document['config'], 'config');
  const layers = readDescriptors(document, 'layers');
  return { config, layers, manifests: [], blobs: distinctBlobs([config, ...layers]) };
}

function readIndex(document: JsonObject): Parts {
  refuseForeignFields(document, ['config', 'layers']);
  return { layers: [], manifests: readDescriptors(document, 'manifests'), blobs: [] };
}

/** A document that could be read as either type means different things to different clients (CVE-2021-41190). */
function refuseForeignFields(document: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    if (document[field] !== undefined && document[field] !== null)
      throw invalidManifest(`${field} does not belong into this type of manifest`);
  }
}

function readDescriptors(document: JsonObject, field: string): Descriptor[] {
  const list = document[field];
  if (list === null) return [];
  if (!Array.isArray(list)) throw invalidManifest(`${field} is not a list`);
  if (list.length > maxDescriptors) throw invalidManifest(`${field} holds more than ${maxDescriptors} descriptors`);
  return list.map((item, index) => readDescriptor(item, `${field}[${index}]`));
}

function distinctBlobs(descriptors: readonly Descriptor[]): ManifestBlob[] {
  const blobs = new Map<Digest, ManifestBlob>();
  for (const descriptor of descriptors) {
    const required = !(isForeignLayer(descriptor.mediaType) && descriptor.urls !== undefined);
    const known = blobs.get(descriptor.digest);
    if (known === undefined) blobs.set(descriptor.digest, { ...descriptor, required });
    else if (known.size !== descriptor.size) throw invalidManifest(`two sizes for ${descriptor.digest}`);
    else known.required ||= required;
  }
  return [...blobs.values()];
}
