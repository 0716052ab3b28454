import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { findGoTool } from '../clients/go-tool.ts';
import { mustRun, run, type Outcome } from '../harness/command.ts';
import type { Manifest } from './manifest.ts';

export const chart = join(import.meta.dirname, '../../helm/haven');
export const helm = findGoTool('helm');
export const release = 'haven';
export const namespace = 'registry';
/** A helm that was built without one says that it is for a Kubernetes from long ago. */
export const kubeVersion = '1.36.3';

export type Values = Readonly<Record<string, unknown>>;

const templateArgs = [
  'template',
  release,
  chart,
  '--namespace',
  namespace,
  '--kube-version',
  kubeVersion,
  '--values',
  '-',
];

/** What the chart makes of these values without looking at a cluster, hooks and tests too. */
export async function render(values: Values, ...args: string[]): Promise<Manifest[]> {
  return parseManifests(await mustRun(helm!, [...templateArgs, ...args], { input: stringify(values) }));
}

/** What helm says of values that it refuses. */
export async function refusal(values: Values, ...args: string[]): Promise<string> {
  const { code, output }: Outcome = await run(helm!, [...templateArgs, ...args], { input: stringify(values) });
  if (code === 0) throw new Error(`not refused: ${JSON.stringify(values)}`);
  return output;
}

/** Throws where a key is there twice. */
export function parseManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}
