import type { Artifact } from '@haven/testing/oci';
import { asAdmin } from './api.client.ts';
import type { TestProject } from './fixtures.ts';

/** Bytes of everything that was pushed, each digest once: what a project is charged for. */
export function uniqueBytes(artifacts: readonly Artifact[]): number {
  const sizes = new Map(
    artifacts.flatMap(({ manifest, blobs }) => [manifest, ...blobs]).map(({ digest, size }) => [digest, size]),
  );
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** What the platform says that a project is charged for, in bytes. */
export async function usedBytes(project: TestProject): Promise<number> {
  const summary = (await asAdmin.get(`/projects/${project.name}/summary`)).expect(200).json();
  return (summary as { quota: { used: { storage: number } } }).quota.used.storage;
}
