import type { Artifact } from '@haven/testing/oci';

/** Bytes of everything that was pushed, each digest once: what a project is charged for. */
export function uniqueBytes(artifacts: readonly Artifact[]): number {
  const sizes = new Map(
    artifacts.flatMap(({ manifest, blobs }) => [manifest, ...blobs]).map(({ digest, size }) => [digest, size]),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
