import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { lstat, open, opendir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestParts, isDigest, parseDigest, type Digest } from '@haven/oci';
import { unlessAbsent } from './disk.js';
import { blobDataPath, repositoriesPath } from './distribution-layout.js';

/** A link file of a repository. */
export interface VolumeLink {
  /** Below the root, for messages. */
  path: string;
  /** The digest under which it is filed, or null when its folder is named after none. */
  filedUnder: Digest | null;
  /** The digest that it holds, which is the one that counts; null when it holds none. */
  target: Digest | null;
}

export interface VolumeTag {
  path: string;
  /** As its folder is called, which need not be a tag. */
  name: string;
  /** Null when its link is missing or holds no digest. */
  target: Digest | null;
}

/** A digest with its algorithm, and a little more: whatever is longer is no link. */
const maxLinkBytes = 256;

/**
 * Reads a volume in distribution's layout, ours or another's, as distribution does: what counts is what links say, not
 * where they stand. Names come as the folders are called, whether or not they are names of repositories. Symbolic links are
 * not followed below the root, so nothing outside is ever taken for a blob. Whatever comes and goes meanwhile may be missed.
 */
export class DistributionVolume {
  private readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** Whether there is anything in the layout. */
  async exists(): Promise<boolean> {
    return (await unlessAbsent(lstat(join(this.root, repositoriesPath)))) !== null;
  }

  /** Names of all repositories, in order. */
  async *repositories(): AsyncGenerator<string> {
    yield* this.repositoriesBelow('');
  }

  /** Manifests that a repository has. */
  revisions(name: string): AsyncGenerator<VolumeLink> {
    return this.links(`${repositoriesPath}/${name}/_manifests/revisions`);
  }

  /** Blobs that a repository may use. */
  layers(name: string): AsyncGenerator<VolumeLink> {
    return this.links(`${repositoriesPath}/${name}/_layers`);
  }

  /** What a repository has for a blob of this digest, or null. */
  async layer(name: string, digest: Digest): Promise<VolumeLink | null> {
    const { algorithm, hex } = digestParts(parseDigest(digest));
    return this.link(`${repositoriesPath}/${name}/_layers/${algorithm}/${hex}/link`, digest);
  }

  async *tags(name: string): AsyncGenerator<VolumeTag> {
    const folder = `${repositoriesPath}/${name}/_manifests/tags`;
    for await (const entry of this.entries(folder)) {
      const path = `${folder}/${entry.name}/current/link`;
      if (entry.isDirectory()) yield { path, name: entry.name, target: (await this.link(path, null))?.target ?? null };
    }
  }

  /** Where a blob's bytes stand. */
  blobPath(digest: Digest): string {
    return join(this.root, blobDataPath(digest));
  }

  /** Size of a blob, or null when it is not there as a file. */
  async blobSize(digest: Digest): Promise<number | null> {
    const status = await unlessAbsent(lstat(this.blobPath(digest)));
    return status?.isFile() === true ? status.size : null;
  }

  /** The whole of a blob, or null when it is missing or larger than `maxBytes`. */
  async readSmallBlob(digest: Digest, maxBytes: number): Promise<Buffer | null> {
    const size = await this.blobSize(digest);
    return size === null || size > maxBytes ? null : unlessAbsent(readFile(this.blobPath(digest)));
  }

  /** Whether a blob's bytes have a digest, which need not be the one under which they stand. */
  async hasDigest(blob: Digest, digest: Digest): Promise<boolean> {
    const { algorithm, hex } = digestParts(digest);
    const hash = createHash(algorithm);
    await pipeline(createReadStream(this.blobPath(blob)), hash);
    return hash.digest('hex') === hex;
  }

  private async *repositoriesBelow(prefix: string): AsyncGenerator<string> {
    const found = await unlessAbsent(readdir(join(this.root, repositoriesPath, prefix), { withFileTypes: true }));
    const folders = (found ?? []).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const isRepository = folders.includes('_manifests') || folders.includes('_layers');
    if (isRepository && prefix !== '') yield prefix.slice(0, -1);
    for (const name of folders.sort()) if (!name.startsWith('_')) yield* this.repositoriesBelow(`${prefix}${name}/`);
  }

  /** Every `<algorithm>/<hex>/link` below a folder. A folder without one is what a stock registry leaves of a deletion. */
  private async *links(folder: string): AsyncGenerator<VolumeLink> {
    for await (const algorithm of this.entries(folder)) {
      if (!algorithm.isDirectory()) continue;
      for await (const hex of this.entries(`${folder}/${algorithm.name}`)) {
        const named = `${algorithm.name}:${hex.name}`;
        const path = `${folder}/${algorithm.name}/${hex.name}/link`;
        const link = hex.isDirectory() ? await this.link(path, isDigest(named) ? named : null) : null;
        if (link !== null) yield link;
      }
    }
  }

  private async link(path: string, filedUnder: Digest | null): Promise<VolumeLink | null> {
    const place = join(this.root, path);
    const status = await unlessAbsent(lstat(place));
    if (status === null) return null;
    const text = status.isFile() && status.size <= maxLinkBytes ? await readStart(place) : '';
    return { path, filedUnder, target: isDigest(text) ? text : null };
  }

  private async *entries(folder: string): AsyncGenerator<Dirent> {
    const directory = await unlessAbsent(opendir(join(this.root, folder)));
    if (directory !== null) yield* directory;
  }
}

/** No more than a link's worth, whatever the file has become since it was looked at. */
async function readStart(path: string): Promise<string> {
  const file = await unlessAbsent(open(path, 'r'));
  if (file === null) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxLinkBytes), 0, maxLinkBytes, 0);
    return buffer.toString('latin1', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
