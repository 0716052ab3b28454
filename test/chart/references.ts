import { given } from './matrix.ts';
import {
  containersOf,
  idOf,
  ofKind,
  secretData,
  selects,
  workloadsOf,
  type Labels,
  type Manifest,
  type Volume,
  type Workload,
} from './manifest.ts';

interface ServicePort {
  name: string;
  port: number;
  targetPort: string;
  protocol?: string;
}

const servicePorts = ({ spec }: Manifest): ServicePort[] => spec?.['ports'] as ServicePort[];
const serviceSelector = ({ spec }: Manifest): Labels => spec?.['selector'] as Labels;

/** Pods that a service sends requests to, leaving out those of hooks. */
export const podsBehind = (service: Manifest, workloads: readonly Workload[]): Workload[] =>
  workloads.filter(({ labels }) => selects(serviceSelector(service), labels));

/** Everything that names something which is not there, or has a name that is taken. */
export function brokenReferences(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  return [
    ...doubles(manifests.map(idOf)),
    ...workloads.flatMap((workload) => brokenInPod(workload, manifests)),
    ...workloads
      .filter(({ selector, labels }) => !selects(selector, labels))
      .map(({ id }) => `${id} does not select its own pods`),
    ...ofKind(manifests, 'Service').flatMap((service) => brokenService(service, workloads)),
    ...ofKind(manifests, 'PodDisruptionBudget').flatMap((budget) => {
      const { matchLabels } = budget.spec?.['selector'] as { matchLabels: Labels };
      return workloads.filter(({ labels }) => selects(matchLabels, labels)).length === 1
        ? []
        : [`${idOf(budget)} selects`];
    }),
    ...brokenDoor(manifests),
  ];
}

function brokenInPod(workload: Workload, manifests: readonly Manifest[]): string[] {
  const { id, pod } = workload;
  const volumes = pod.volumes ?? [];
  const mounted = containersOf(workload).flatMap((container) => (container.volumeMounts ?? []).map(({ name }) => name));
  const accounts = [...ofKind(manifests, 'ServiceAccount').map(({ metadata }) => metadata.name), 'default'];
  return [
    ...doubles(volumes.map(({ name }) => `${id} volume ${name}`)),
    ...mounted.filter((name) => !volumes.some((volume) => volume.name === name)).map((name) => `${id} mounts ${name}`),
    ...volumes.filter(({ name }) => !mounted.includes(name)).map(({ name }) => `${id} does not mount ${name}`),
    ...volumes.flatMap((volume) => brokenVolume(volume, manifests).map((problem) => `${id}: ${problem}`)),
    ...containersOf(workload).flatMap(({ name, env = [], volumeMounts = [] }) => [
      ...doubles(env.map((variable) => `${id}/${name} variable ${variable.name}`)),
      ...doubles(volumeMounts.map(({ mountPath }) => `${id}/${name} mount ${mountPath}`)),
    ]),
    ...(accounts.includes(pod.serviceAccountName ?? '') ? [] : [`${id} runs as ${pod.serviceAccountName ?? ''}`]),
  ];
}

function brokenVolume({ secret, projected, persistentVolumeClaim }: Volume, manifests: readonly Manifest[]): string[] {
  const claims = [...ofKind(manifests, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name), ...given.claims];
  const claim = persistentVolumeClaim?.claimName;
  return [
    ...(claim === undefined || claims.includes(claim) ? [] : [`there is no claim ${claim}`]),
    ...(secret === undefined ? [] : missingKeys(manifests, secret.secretName, secret.items ?? [])),
    ...(projected?.sources ?? []).flatMap((source) => missingKeys(manifests, source.secret.name, source.secret.items)),
  ];
}

function missingKeys(manifests: readonly Manifest[], name: string, items: readonly { key: string }[]): string[] {
  const made = ofKind(manifests, 'Secret').find(({ metadata }) => metadata.name === name);
  const keys = made === undefined ? given.secrets[name] : Object.keys(secretData(made));
  if (keys === undefined) return [`there is no secret ${name}`];
  return items.filter(({ key }) => !keys.includes(key)).map(({ key }) => `the secret ${name} has no ${key}`);
}

function brokenService(service: Manifest, workloads: readonly Workload[]): string[] {
  const pods = podsBehind(service, workloads);
  if (pods.length !== 1) return [`${idOf(service)} selects ${pods.length} workloads`];
  const ports = pods.flatMap(({ pod }) => pod.containers.flatMap((container) => container.ports ?? []));
  return servicePorts(service)
    .filter(({ targetPort, protocol }) => !ports.some((port) => port.name === targetPort && port.protocol === protocol))
    .map(({ targetPort }) => `${idOf(service)}: its pods have no port ${targetPort}`);
}

interface Backend {
  service: { name: string; port: { name: string } };
}

function brokenDoor(manifests: readonly Manifest[]): string[] {
  const door = [...ofKind(manifests, 'Ingress'), ...ofKind(manifests, 'HTTPRoute')];
  return door.flatMap(({ kind, spec }) => {
    const [rule] = spec?.['rules'] as [{ http: { paths: { backend: Backend }[] }; backendRefs: ServicePort[] }];
    const backends =
      kind === 'Ingress'
        ? rule.http.paths.map(({ backend: { service } }) => ({ name: service.name, port: service.port.name }))
        : rule.backendRefs.map(({ name, port }) => ({ name, port }));
    const certificates = ((spec?.['tls'] ?? []) as { secretName?: string }[]).flatMap(
      ({ secretName }) => secretName ?? [],
    );
    return [
      ...backends
        .filter(({ name, port }) => !hasPort(manifests, name, port))
        .map(({ name, port }) => `${kind} leads to ${name}:${port}`),
      ...certificates.flatMap((name) => missingKeys(manifests, name, [{ key: 'tls.crt' }, { key: 'tls.key' }])),
    ];
  });
}

const hasPort = (manifests: readonly Manifest[], name: string, wanted: string | number): boolean =>
  ofKind(manifests, 'Service')
    .filter(({ metadata }) => metadata.name === name)
    .some((service) => servicePorts(service).some((port) => port.name === wanted || port.port === wanted));

const doubles = (names: readonly string[]): string[] =>
  names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`);

/** The service and the pods' port that a name of the release leads to; undefined for a name outside. */
export function leadsTo(
  manifests: readonly Manifest[],
  host: string,
  port: number,
): { service: Manifest; targetPort: string } | undefined {
  const [name] = host.split('.');
  const service = ofKind(manifests, 'Service').find(({ metadata }) => metadata.name === name);
  const found = service === undefined ? undefined : servicePorts(service).find((candidate) => candidate.port === port);
  return service === undefined || found === undefined ? undefined : { service, targetPort: found.targetPort };
}
