import { asAdmin } from './api.client.ts';
import type { TestProject } from './fixtures.ts';

export { uniqueBytes } from './unique-bytes.ts';

/** What the platform says that a project is charged for, in bytes. */
export async function usedBytes(project: TestProject): Promise<number> {
  const summary = (await asAdmin.get(`/projects/${project.name}/summary`)).expect(200).json();
  return (summary as { quota: { used: { storage: number } } }).quota.used.storage;
}
