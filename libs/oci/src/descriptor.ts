import { Errors, type AppError } from '@haven/errors';
import { isDigest, type Digest } from './digest.js';

/** Keys as they stand in the document (image-spec "Image Index"). */
export interface Platform {
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: readonly string[];
  variant?: string;
}

/** image-spec "OCI Content Descriptors", without `data`: the registry always stores the content itself. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  urls?: readonly string[];
  annotations?: Readonly<Record<string, string>>;
  artifactType?: string;
  platform?: Platform;
}

export type JsonObject = Record<string, unknown>;

/** Longer than RFC 6838 allows, and what the database holds. */
const maxMediaTypeLength = 255;

export const invalidManifest = (what: string, cause?: unknown): AppError =>
  Errors.manifestInvalid(`manifest invalid: ${what}`, cause === undefined ? {} : { cause });

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';

// Go clients write nil slices, maps and pointers as null, so null always means "absent".
const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** An optional media type; an empty one is an absent one. */
export function readMediaType(value: unknown, where: string): string | undefined {
  if (isAbsent(value) || value === '') return undefined;
  if (!isText(value) || value.length > maxMediaTypeLength) throw invalidManifest(`${where} is not a media type`);
  return value;
}

/** A map of text to text; absent is empty. */
export function readAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (isAbsent(value)) return {};
  if (!isJsonObject(value) || !Object.values(value).every(isText)) {
    throw invalidManifest(`${where} is not a map of strings`);
  }
  return value as Record<string, string>;
}

function readTexts(value: unknown, where: string): readonly string[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value) || !value.every(isText)) throw invalidManifest(`${where} is not a list of strings`);
  return value;
}

function readText(value: unknown, where: string): string {
  if (isAbsent(value)) return '';
  if (!isText(value)) throw invalidManifest(`${where} is not a string`);
  return value;
}

function readPlatform(value: unknown, where: string): Platform | undefined {
  if (isAbsent(value)) return undefined;
  if (!isJsonObject(value)) throw invalidManifest(`${where} is not an object`);
  const version = readText(value['os.version'], `${where}.os.version`);
  const features = readTexts(value['os.features'], `${where}.os.features`);
  const variant = readText(value['variant'], `${where}.variant`);
  return {
    architecture: readText(value['architecture'], `${where}.architecture`),
    os: readText(value['os'], `${where}.os`),
    ...(version === '' ? {} : { 'os.version': version }),
    ...(features.length === 0 ? {} : { 'os.features': features }),
    ...(variant === '' ? {} : { variant }),
  };
}

/** Reads one descriptor; `where` names it in the MANIFEST_INVALID that a bad one raises. */
export function readDescriptor(value: unknown, where: string): Descriptor {
  if (!isJsonObject(value)) throw invalidManifest(`${where} is not a descriptor`);
  const mediaType = readMediaType(value['mediaType'], `${where}.mediaType`);
  if (mediaType === undefined) throw invalidManifest(`${where}.mediaType is missing`);
  const { digest, size } = value;
  if (!isText(digest) || !isDigest(digest)) throw invalidManifest(`${where}.digest is not a digest`);
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw invalidManifest(`${where}.size is not a size in bytes`);
  const urls = readTexts(value['urls'], `${where}.urls`);
  const annotations = readAnnotations(value['annotations'], `${where}.annotations`);
  const artifactType = readMediaType(value['artifactType'], `${where}.artifactType`);
  const platform = readPlatform(value['platform'], `${where}.platform`);
  return {
    mediaType,
    digest,
    size: size as number,
    ...(urls.length === 0 ? {} : { urls }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform }),
  };
}
