import type * as fs from 'node:fs/promises';
import { Errors } from '@haven/errors';

/** What the drivers use of node:fs/promises. Tests put one that fails, or dies, in its place. */
export type Disk = Pick<
  typeof fs,
  | 'chmod'
  | 'copyFile'
  | 'link'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'rename'
  | 'rm'
  | 'rmdir'
  | 'stat'
  | 'statfs'
  | 'unlink'
  | 'writeFile'
>;

/** nginx reads blobs through the group; nobody else reads at all. */
export const directoryMode = 0o750;
export const fileMode = 0o640;

/** The operating system's word for what went wrong. */
export const diskErrorCode = (error: unknown): string | undefined =>
  Error.isError(error) ? (error as NodeJS.ErrnoException).code : undefined;

const noSpaceCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** Does disk work; a full disk and a used-up quota become STORAGE_FULL. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw noSpaceCodes.includes(diskErrorCode(error)) ? Errors.storageFull(undefined, { cause: error }) : error;
  }
}

/** The outcome, or `null` when the work failed with one of these codes. */
export async function unless<T>(codes: readonly string[], work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes(diskErrorCode(error) ?? '')) return null;
    throw error;
  }
}

/** The outcome, or `null` when there is no such file or directory. */
export const unlessAbsent = <T>(work: Promise<T>): Promise<T | null> => unless(['ENOENT', 'ENOTDIR'], work);
