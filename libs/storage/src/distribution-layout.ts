import { digestParts, isTag, parseDigest, parseRepositoryName, type Digest, type DigestAlgorithm } from '@haven/oci';
import { Errors } from '@haven/errors';

/*
 * The layout of distribution's filesystem driver, below the storage root. A stock registry reads it, so it does not change:
 *
 *   docker/registry/v2/
 *     blobs/<algorithm>/<first two of hex>/<hex>/data
 *     repositories/<name>/
 *       _layers/<algorithm>/<hex>/link
 *       _manifests/
 *         revisions/<algorithm>/<hex>/link
 *         tags/<tag>/current/link
 *         tags/<tag>/index/<algorithm>/<hex>/link
 *
 * Each link holds a digest. No segment of a name begins with an underscore, so a repository never meets the folders of another.
 * Every function checks what it is given again: nothing but a name, a tag and a digest ever becomes a path.
 */

const base = 'docker/registry/v2';

export const repositoriesPath = `${base}/repositories`;

export const blobsPath = (algorithm: DigestAlgorithm): string => `${base}/blobs/${algorithm}`;

export function blobDataPath(digest: Digest): string {
  const { algorithm, hex } = digestParts(parseDigest(digest));
  return `${blobsPath(algorithm)}/${hex.slice(0, 2)}/${hex}/data`;
}

export const repositoryPath = (name: string): string => `${repositoriesPath}/${parseRepositoryName(name)}`;

const digestPath = (digest: Digest): string => parseDigest(digest).replace(':', '/');

export const layerPath = (name: string, digest: Digest): string =>
  `${repositoryPath(name)}/_layers/${digestPath(digest)}`;

export const revisionPath = (name: string, digest: Digest): string =>
  `${repositoryPath(name)}/_manifests/revisions/${digestPath(digest)}`;

export function tagPath(name: string, tag: string): string {
  if (!isTag(tag)) throw Errors.tagInvalid('invalid tag');
  return `${repositoryPath(name)}/_manifests/tags/${tag}`;
}

export const tagCurrentPath = (name: string, tag: string): string => `${tagPath(name, tag)}/current`;

export const tagIndexPath = (name: string, tag: string, digest: Digest): string =>
  `${tagPath(name, tag)}/index/${digestPath(digest)}`;
