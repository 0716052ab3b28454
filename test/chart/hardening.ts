import { containersOf, workloadsOf, type Container, type Manifest, type Workload } from './manifest.ts';

/** What a scanner of manifests would find fault with: the restricted pod security standard, and limits, probes, images. */
export function softSpots(manifests: readonly Manifest[]): string[] {
  return workloadsOf(manifests).flatMap((workload) => [
    ...softPod(workload).map((problem) => `${workload.id}: ${problem}`),
    ...containersOf(workload).flatMap((container) =>
      [...softContainer(container), ...probesOf(workload, container)].map(
        (problem) => `${workload.id}/${container.name}: ${problem}`,
      ),
    ),
  ]);
}

const softPod = ({ pod }: Workload): string[] => [
  ...(pod.automountServiceAccountToken === false ? [] : ['is given a token for the Kubernetes API']),
  ...(pod.securityContext?.['runAsNonRoot'] === true ? [] : ['may run as root']),
  ...(JSON.stringify(pod.securityContext?.['seccompProfile']) === '{"type":"RuntimeDefault"}'
    ? []
    : ['has no seccomp']),
];

function softContainer({ image, securityContext = {}, resources = {} }: Container): string[] {
  const { capabilities } = securityContext as { capabilities?: { drop?: string[]; add?: string[] } };
  const sizes = [resources.requests, resources.limits].flatMap((amounts) => [amounts?.['cpu'], amounts?.['memory']]);
  return [
    ...(securityContext['allowPrivilegeEscalation'] === false ? [] : ['may become root']),
    ...(securityContext['privileged'] === true ? ['is privileged'] : []),
    ...(securityContext['readOnlyRootFilesystem'] === true ? [] : ['may write to its image']),
    ...(capabilities?.drop?.includes('ALL') === true && capabilities.add === undefined ? [] : ['has capabilities']),
    ...(sizes.includes(undefined) ? ['has no requests or limits'] : []),
    ...(/:(?!latest$)[\w.-]+$/.test(image) ? [] : [`its image has no version: ${image}`]),
  ];
}

function probesOf({ kind, pod }: Workload, container: Container): string[] {
  const isLasting = kind !== 'Job' && kind !== 'Pod' && pod.containers.includes(container);
  if (!isLasting) return [];
  return [
    ...(container.livenessProbe === undefined ? ['nobody sees when it is dead'] : []),
    ...(container.readinessProbe === undefined ? ['nobody sees when it is ready'] : []),
    ...(container.livenessProbe?.httpGet?.path === '/readyz' ? ['is restarted while the database is away'] : []),
  ];
}
