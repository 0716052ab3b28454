/**
 * Makes docs/api-coverage.md of what tests have noted, or tells when the page is out of date.
 * Called as `node api-coverage.ts <folder of records> [--write]`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Families of operations that come with the services they are about, and single operations that belong to them. */
const later: Readonly<Record<string, string>> = {
  replication: 'replication',
  registry: 'replication',
  Retention: 'tag retention',
  webhook: 'webhooks',
  webhookjob: 'webhooks',
  jobservice: 'jobs',
  schedule: 'jobs',
  purge: 'jobs',
  gc: 'garbage collection',
  preheat: 'preheating',
  scan: 'scanning',
  scanAll: 'scanning',
  scanner: 'scanning',
  securityhub: 'scanning',
  'scan data export': 'scanning',
  getVulnerabilitiesAddition: 'scanning',
  getScannerOfProject: 'scanning',
  setScannerOfProject: 'scanning',
  listScannerCandidatesOfProject: 'scanning',
};

interface Operation {
  operationId: string;
  tags: string[];
}
interface Line {
  tag: string;
  id: string;
  route: string;
  state: string;
  proof: string;
}

const source = new URL('../api/harbor-v2.0.yaml', import.meta.url);
const page = new URL('../../../docs/api-coverage.md', import.meta.url);

function readRecords(folder: string): ReadonlyMap<string, string[]> {
  const proofs = new Map<string, Set<string>>();
  for (const name of readdirSync(folder)) {
    const record = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { file: string; operations: string[] };
    // What chance has let through proves nothing for the next time.
    if (record.file === 'fuzz.spec.ts') continue;
    for (const id of record.operations) proofs.set(id, (proofs.get(id) ?? new Set()).add(record.file));
  }
  return new Map([...proofs].map(([id, files]) => [id, [...files].sort()]));
}

function lineOf(path: string, method: string, { operationId: id, tags }: Operation, proofs: readonly string[]): Line {
  const [tag = ''] = tags;
  const family = later[id] ?? later[tag];
  const state = proofs.length > 0 ? 'works' : family === undefined ? 'missing' : 'later';
  const proof =
    proofs.length > 0 ? proofs.map((file) => `\`${file}\``).join(' ') : family === undefined ? '' : `with ${family}`;
  return { tag, id, route: `${method.toUpperCase()} ${path}`, state, proof };
}

function readLines(proofs: ReadonlyMap<string, string[]>): Line[] {
  const { paths } = parse(readFileSync(source, 'utf8')) as { paths: Record<string, Record<string, Operation>> };
  const lines = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => lineOf(path, method, operation, proofs.get(operation.operationId) ?? [])),
  );
  const byTag = Map.groupBy(lines, ({ tag }) => tag);
  return [...byTag].sort(([a], [b]) => a.localeCompare(b)).flatMap(([, group]) => group);
}

function render(lines: readonly Line[]): string {
  const count = (state: string): number => lines.filter((line) => line.state === state).length;
  const missing = count('missing') === 0 ? '' : `, ${count('missing')} are missing`;
  return `# API coverage

Of the ${lines.length} operations of Harbor's API description, ${count('works')} work and ${count('later')} come later, with the services
they are about${missing}. An operation works when a test has had an answer of success from it; every answer in those tests is held
against the description. The tests lie in \`apps/core/test\`. This page is made by \`./haven test integration\`, which fails when it is
out of date and says how to write it anew.

| tag | operation | route | state | proved by |
| --- | --- | --- | --- | --- |
${lines.map(({ tag, id, route, state, proof }) => `| ${tag} | ${id} | ${route} | ${state} | ${proof} |`).join('\n')}
`;
}

const [folder, flag] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of records');
const text = render(readLines(readRecords(folder)));
if (flag === '--write') {
  writeFileSync(page, text);
} else if (readFileSync(page, 'utf8') !== text) {
  const script = 'apps/core/test/api-coverage.ts';
  process.stderr.write(`docs/api-coverage.md is out of date. To write it anew:
  HAVEN_TEST_API_RECORDS=/tmp/records pnpm test apps/core/test --selectProjects integration && node ${script} /tmp/records --write
`);
  process.exitCode = 1;
}
