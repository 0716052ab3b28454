import { createHash } from 'node:crypto';

/** A file that a build reads, as the file system knows it. */
export interface SourceFile {
  /** Relative to the checkout. */
  path: string;
  size: number;
  mtimeMs: number;
}

/** Changes with the content of any of these texts. */
export function stampOfTexts(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}\0`).update(text);
  return hash.digest('hex');
}

/** Changes with the set of files and with the size or time of each; not with the order in which they are found. */
export function stampOfFiles(files: readonly SourceFile[]): string {
  return stampOfTexts(files.map(({ path, size, mtimeMs }) => `${path}\0${size}\0${mtimeMs}`).sort());
}
