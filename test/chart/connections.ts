import { addressesIn, type Address } from './environment.ts';
import { ofKind, selects, workloadsOf, type Labels, type Manifest, type Workload } from './manifest.ts';
import { leadsTo, podsBehind } from './references.ts';

interface Peer {
  podSelector?: { matchLabels: Labels };
}

interface Rule {
  ports?: { port: string | number; protocol?: string }[];
  from?: Peer[];
  to?: Peer[];
}

interface PolicySpec {
  podSelector: { matchLabels: Labels };
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

/** The rules of all policies that choose a pod; undefined where none does, so that everything is allowed. */
function rulesFor(
  manifests: readonly Manifest[],
  { labels }: Workload,
  direction: 'ingress' | 'egress',
): Rule[] | undefined {
  const policies = ofKind(manifests, 'NetworkPolicy')
    .map(({ spec }) => spec as unknown as PolicySpec)
    .filter(({ podSelector }) => selects(podSelector.matchLabels, labels));
  return policies.length === 0 ? undefined : policies.flatMap((policy) => policy[direction] ?? []);
}

const includes = (peers: readonly Peer[] | undefined, labels: Labels): boolean =>
  peers === undefined ||
  peers.some(({ podSelector }) => podSelector !== undefined && selects(podSelector.matchLabels, labels));

/** A port goes by its number to the one who sends, and by its name or number to the one who gets. */
const opens = ({ ports }: Rule, names: readonly (string | number)[]): boolean =>
  ports === undefined || ports.some(({ port, protocol }) => protocol !== 'UDP' && names.includes(port));

/** Whether network policies let one pod of the release open a connection to another. */
function isAllowed(manifests: readonly Manifest[], from: Workload, to: Workload, targetPort: string): boolean {
  const port = to.pod.containers
    .flatMap((container) => container.ports ?? [])
    .find(({ name }) => name === targetPort)?.containerPort;
  const out = rulesFor(manifests, from, 'egress');
  const into = rulesFor(manifests, to, 'ingress');
  return (
    (out?.some((rule) => includes(rule.to, to.labels) && opens(rule, [port ?? 0])) ?? true) &&
    (into?.some((rule) => includes(rule.from, from.labels) && opens(rule, [port ?? 0, targetPort])) ?? true)
  );
}

/** Whether a pod may go to somebody outside the release. */
const mayLeave = (manifests: readonly Manifest[], { from, port }: Address): boolean =>
  rulesFor(manifests, from, 'egress')?.some((rule) => rule.to === undefined && opens(rule, [port])) ?? true;

/** Whether anybody at all, inside or outside the cluster, may come to this port. */
const isOpenToAll = (manifests: readonly Manifest[], to: Workload, targetPort: string): boolean =>
  rulesFor(manifests, to, 'ingress')?.some((rule) => rule.from === undefined && opens(rule, [targetPort])) ?? true;

/** Pods of the release that the policies do not choose. */
const unguarded = (manifests: readonly Manifest[], workloads: readonly Workload[]): string[] =>
  workloads
    .filter((workload) => rulesFor(manifests, workload, 'ingress') === undefined)
    .map(({ id }) => `${id} is chosen by no network policy`);

/** Addresses that lead nowhere, and ways that a network policy closes. */
export function brokenWays(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  const ways = addressesIn(manifests).flatMap((address) => {
    const { from, host, port } = address;
    const name = `${from.component} to ${host}:${port}`;
    if (host === '127.0.0.1') return [];
    if (host.endsWith('.example.com')) return mayLeave(manifests, address) ? [] : [`${name} is closed`];
    const way = leadsTo(manifests, host, port);
    if (way === undefined) return [`${name} leads nowhere`];
    const isOpen = podsBehind(way.service, workloads).every((to) => isAllowed(manifests, from, to, way.targetPort));
    return isOpen ? [] : [`${name} is closed`];
  });
  return ofKind(manifests, 'NetworkPolicy').length === 0 ? ways : [...ways, ...unguarded(manifests, workloads)];
}

/** Ports, other than nginx's own, that somebody outside the release might reach. */
export function openPorts(manifests: readonly Manifest[]): string[] {
  if (ofKind(manifests, 'NetworkPolicy').length === 0) return [];
  return workloadsOf(manifests).flatMap((workload) =>
    workload.pod.containers
      .flatMap((container) => container.ports ?? [])
      .filter(({ name }) => isOpenToAll(manifests, workload, name) !== (workload.component === 'nginx'))
      .map(({ name }) => `${workload.component} ${name}`),
  );
}
