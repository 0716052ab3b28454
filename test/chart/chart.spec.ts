import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../harness/command.ts';
import { describeUnless } from '../harness/left-out.ts';
import { brokenWays, openPorts } from './connections.ts';
import { exposedSecrets, wrongVariables } from './environment.ts';
import { softSpots } from './hardening.ts';
import { chart, helm, kubeVersion, refusal, render, type Values } from './helm.ts';
import { workloadsOf, type Container, type Manifest } from './manifest.ts';
import { setups } from './matrix.ts';
import { brokenReferences } from './references.ts';
import { refusals } from './refusals.ts';
import { go } from './cluster.ts';
import { slips } from './slips.ts';
import { defineStartTests } from './start.cases.ts';
import { defineClusterTests } from './cluster.cases.ts';

const renderMs = 300_000;
const rendered = new Map<string, Manifest[]>();

describeUnless(helm === undefined ? 'helm is not installed' : undefined, 'the chart', () => {
  beforeAll(async () => {
    for (const { name, values } of setups) rendered.set(name, await render(values));
  }, renderMs);

  /** Of all set-ups, each problem once, with the first set-up that has it. */
  const problemsOf = (check: (manifests: readonly Manifest[]) => readonly string[]): Record<string, string> => {
    const found: Record<string, string> = {};
    for (const [name, manifests] of rendered) for (const problem of check(manifests)) found[problem] ??= name;
    return found;
  };

  it('passes helm lint', async () => {
    await mustRun(helm!, ['lint', '--strict', '--quiet', '--kube-version', kubeVersion, chart]);
  });

  it('names nothing that is not there', () => {
    expect(problemsOf(brokenReferences)).toEqual({});
  });

  it('gives every service what it reads, and no secret in clear', () => {
    expect(problemsOf(wrongVariables)).toEqual({});
    expect(problemsOf(exposedSecrets)).toEqual({});
  });

  it('leaves nothing for a scanner to find', () => {
    expect(problemsOf(softSpots)).toEqual({});
  });

  it('lets services reach each other, and nobody else', () => {
    expect(problemsOf(brokenWays)).toEqual({});
  });

  it('lets everybody come to nginx only', () => {
    expect(problemsOf(openPorts)).toEqual({});
  });

  it('ends nginx before the registry behind it, and gives both the time to finish', () => {
    for (const manifests of rendered.values()) {
      const { pod } = workloadsOf(manifests).find(({ component }) => component === 'registry')!;
      const container = (name: string): Container => pod.containers.find((candidate) => candidate.name === name)!;
      const pause = (name: string): number => container(name).lifecycle!.preStop!.sleep!.seconds;
      const { value } = container('nginx').env!.find(({ name }) => name === 'HAVEN_NGINX_SHUTDOWN_TIMEOUT')!;
      expect(pause('nginx')).toBeLessThan(pause('registry'));
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(pause('nginx') + Number.parseInt(value!));
      // The registry gives transfers 30 seconds, and 5 to note how far they came.
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(pause('registry') + 35);
    }
  });

  it('keeps what shares a volume of one node on one node', async () => {
    const affinities = async (values: Values): Promise<unknown[]> =>
      workloadsOf(await render(values))
        .filter(({ component }) => ['registry', 'gc-controller'].includes(component))
        .map(({ pod }) => pod.affinity);
    const together = {
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: { matchLabels: { 'haven/storage': 'haven' } },
    };
    const required = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [together] } };
    expect(await affinities({})).toEqual([required, required]);

    const shared = { persistence: { persistentVolumeClaim: { registry: { accessMode: 'ReadWriteMany' } } } };
    expect(await affinities(shared)).toEqual([undefined, undefined]);
  });

  it('does not restart the database and Redis for a new version of the chart', () => {
    const [manifests] = rendered.values();
    const lasting = workloadsOf(manifests!).filter(({ kind }) => kind !== 'Pod');
    const labels = lasting.flatMap((workload) => Object.keys(workload.labels));
    expect(labels).not.toContain('app.kubernetes.io/version');
    expect(labels).not.toContain('helm.sh/chart');
  });

  it.each(slips)('would notice $name', ({ slip, check, problem }) => {
    const [manifests] = rendered.values();
    const changed = structuredClone(manifests!);
    slip(changed);
    expect(check(changed)).toContainEqual(expect.stringContaining(problem));
  });

  it.each(refusals)('refuses $name', async ({ values, because }) => {
    expect(await refusal(values)).toContain(because);
  });

  const isBuilt = existsSync(join(chart, '../../apps/core/dist/main.js'));
  describeUnless(
    isBuilt ? undefined : 'the services are not built',
    'the services, with what the chart gives them',
    () => {
      defineStartTests(rendered);
    },
  );

  describeUnless(go === undefined ? 'Go is not installed' : undefined, 'the chart on Kubernetes', () => {
    defineClusterTests(rendered);
  });
});
