/** As much of Kubernetes' types as the checks look at. The API server knows the rest. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

export type Labels = Readonly<Record<string, string>>;

interface Metadata {
  name: string;
  namespace?: string;
  labels?: Labels;
  annotations?: Labels;
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number; protocol?: string }[];
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  resources?: { requests?: Labels; limits?: Labels };
  securityContext?: Record<string, unknown>;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
}

interface Probe {
  httpGet?: { path: string; port: string };
}

interface Item {
  key: string;
  path?: string;
}

interface Projection {
  secret: { name: string; items: Item[] };
}

export interface Volume {
  name: string;
  secret?: { secretName: string; items?: Item[] };
  projected?: { sources: Projection[] };
  persistentVolumeClaim?: { claimName: string };
}

export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  securityContext?: Record<string, unknown>;
  terminationGracePeriodSeconds?: number;
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
  affinity?: unknown;
}

/** What makes pods: a workload, a job or a pod itself. */
export interface Workload {
  /** `Deployment/haven-core`. */
  id: string;
  kind: string;
  component: string;
  labels: Labels;
  /** Of its selector; of the pod itself where there is none. */
  selector: Labels;
  pod: PodSpec;
}

interface Template {
  metadata: { labels: Labels };
  spec: PodSpec;
}

export const idOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

export const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    const { template, selector } = (manifest.spec ?? {}) as { template?: Template; selector?: { matchLabels: Labels } };
    if (manifest.kind === 'Pod') return [workload(manifest, manifest.metadata.labels ?? {}, manifest.spec)];
    if (template === undefined) return [];
    return [workload(manifest, template.metadata.labels, template.spec, selector?.matchLabels)];
  });
}

const workload = (manifest: Manifest, labels: Labels, pod: unknown, selector = labels): Workload => ({
  id: idOf(manifest),
  kind: manifest.kind,
  component: labels['app.kubernetes.io/component'] ?? '',
  labels,
  selector,
  pod: pod as PodSpec,
});

export const containersOf = ({ pod }: Pick<Workload, 'pod'>): Container[] => [
  ...(pod.initContainers ?? []),
  ...pod.containers,
];

export const selects = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** What a Secret holds, by key. */
export function secretData({ data = {}, stringData = {} }: Manifest): Record<string, string> {
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const);
  return { ...Object.fromEntries(decoded), ...stringData };
}
