import { readFile } from 'node:fs/promises';

/** A registry that is measured. */
export interface Subject {
  readonly name: string;
  /** Address, without a slash at its end. */
  readonly url: string;
  /** What a request about a repository has to say of the client; nothing where nobody is asked. */
  headersFor(repository: string): Promise<Readonly<Record<string, string>>>;
  /** Makes what a first push to a repository needs. */
  prepare(repository: string): Promise<void>;
  /** File of a blob that the repository has. */
  blobFile(repository: string, digest: string): string;
  /** Processes that do its work, by their parents. */
  pids(): Promise<readonly number[]>;
}

/** A subject that was started for the benchmark. */
export interface Started extends Subject {
  readonly version: string;
  /** Ends it, and removes what it stored. */
  stop(): Promise<void>;
}

const pssOf = (smaps: string): number => Number(/^Pss:\s+(\d+) kB$/m.exec(smaps)?.[1] ?? 0) * 1_024;

/** Memory of processes and all below them, shared pages by share, in bytes. One that ends meanwhile counts as nothing. */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  const sizes = pids.map(async (pid) => {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const [smaps, children] = [await read('smaps_rollup'), await read(`task/${pid}/children`)];
    return pssOf(smaps) + (await memoryOf(children.split(' ').filter(Boolean).map(Number)));
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
