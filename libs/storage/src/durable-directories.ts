import { dirname } from 'node:path';
import { directoryMode, unless, type Disk } from './disk.js';

/**
 * Directories below one root whose entries outlive a crash of the machine. A file's fsync says nothing about its name:
 * that stands in the directory, and the directory's own name stands in the one above.
 */
export class DurableDirectories {
  private readonly root: string;
  private readonly disk: Disk;
  // Each entry is synced once in the life of a process, also when an earlier process made it and was killed before its sync.
  private readonly known = new Map<string, Promise<void>>();

  /** `root` is absolute and normalised. */
  constructor(root: string, disk: Disk) {
    this.root = root;
    this.disk = disk;
  }

  /** Makes a directory and those above it. It is remembered, so this is for directories that are few and never removed. */
  ensure(path: string): Promise<void> {
    const known = this.known.get(path);
    if (known !== undefined) return known;
    const making = this.make(path).catch((error: unknown) => {
      this.known.delete(path);
      throw error;
    });
    this.known.set(path, making);
    return making;
  }

  async sync(path: string): Promise<void> {
    const directory = await this.disk.open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** Moves a file, itself already synced, to a place in a directory of its own. Fails with ENOENT when that is removed meanwhile. */
  async moveIntoPlace(from: string, place: string): Promise<void> {
    await this.ensure(dirname(dirname(place)));
    await unless(['EEXIST'], this.disk.mkdir(dirname(place), { mode: directoryMode }));
    await this.disk.rename(from, place);
    await this.settle(place);
  }

  /** Syncs the name of a file that is in its place, and every directory's name above it. */
  async settle(place: string): Promise<void> {
    const own = dirname(place);
    await this.ensure(dirname(own));
    await Promise.all([this.sync(own), this.sync(dirname(own))]);
  }

  private async make(path: string): Promise<void> {
    if (path === this.root) {
      await this.disk.mkdir(path, { recursive: true, mode: directoryMode });
      return;
    }
    const above = dirname(path);
    await this.ensure(above);
    await unless(['EEXIST'], this.disk.mkdir(path, { mode: directoryMode }));
    await this.sync(above);
  }
}
