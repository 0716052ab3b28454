import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { recomputeUsedBytes, readUsedBytes, sql } from '@haven/models';
import type { Artifact } from '@haven/testing/oci';
import { runLayoutCommand } from '../src/layout/layout-command.js';
import { parseLayoutOptions } from '../src/layout/layout-options.js';
import { REGISTRY_CONFIG, type RegistryConfig } from '../src/registry.config.js';
import type { RegistryHarness, TestRegistry } from './registry-harness.js';

export interface Outcome {
  summary: Record<string, unknown>;
  lines: string[];
}

/** Runs a command on the database and the storage root of a registry. `onLine` may throw, which is how it dies half way. */
export async function layout(
  registry: TestRegistry,
  argv: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<Outcome> {
  const lines: string[] = [];
  const config = registry.app.nest.get<RegistryConfig>(REGISTRY_CONFIG);
  const report = await runLayoutCommand(parseLayoutOptions(argv), config, (line) => {
    lines.push(line);
    onLine(line);
  });
  return { summary: report.summary as Record<string, unknown>, lines };
}

/** Pulls a reference with everything below it, and compares each byte. */
export async function expectPullable(
  harness: RegistryHarness,
  registry: TestRegistry,
  repository: string,
  artifact: Artifact,
  reference = artifact.manifest.digest,
): Promise<void> {
  const token = await harness.tokenFor([repository], ['pull']);
  const manifest = await registry.call('GET', `/v2/${repository}/manifests/${reference}`, { token });
  expect([manifest.status, manifest.headers['content-type']]).toEqual([200, artifact.manifest.mediaType]);
  expect(manifest.bytes.equals(artifact.manifest.bytes)).toBe(true);
  for (const { digest, bytes } of artifact.blobs) {
    const blob = await registry.call('GET', `/v2/${repository}/blobs/${digest}`, { token });
    expect(blob.status).toBe(200);
    expect(blob.bytes.equals(bytes)).toBe(true);
  }
  for (const child of artifact.children) await expectPullable(harness, registry, repository, child);
}

/** The running figure of a project and the one that is counted anew. */
export async function usedBytes(
  { db }: RegistryHarness,
  project: string,
): Promise<{ booked: number; counted: number }> {
  const { id } = await db.one<{ id: number }>(sql('SELECT project_id AS id FROM project WHERE name = $1', project));
  return { booked: await readUsedBytes(db, id), counted: await recomputeUsedBytes(db, id) };
}

/** What is left after the rows of all content were lost. */
export async function loseContent({ db }: RegistryHarness): Promise<void> {
  await db.run(
    sql(`TRUNCATE repository, manifest, blob, repository_blob, artifact, artifact_blob, artifact_reference, artifact_accessory,
                  label_reference, tag, artifact_trash, blob_upload, project_blob, quota_delta, blob_review, outbox, ledger`),
  );
  await db.run(sql('UPDATE quota_usage SET used_bytes = 0'));
}

/** Waits until nothing is left to be projected. */
export const projected = async (harness: RegistryHarness): Promise<boolean> =>
  (await harness.count(`outbox WHERE consumer = 'projection'`)) === 0;

/** Every file below a folder, relative to it and sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
