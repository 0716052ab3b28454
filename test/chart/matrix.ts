import type { Values } from './helm.ts';

/** Secrets and claims that somebody else is to have made. */
export const given = {
  claims: ['blobs', 'log-lines', 'rows'],
  secrets: {
    certificate: ['tls.crt', 'tls.key'],
    'admin-secret': ['first'],
    'key-secret': ['secretKey'],
    'core-secret': ['secret'],
    'database-secret': ['password'],
    'redis-secret': ['HAVEN_REDIS_URL'],
    'ca-secret': ['ca.crt'],
  } as Readonly<Record<string, readonly string[]>>,
};

const expose: Readonly<Record<string, Values>> = {
  ingress: { type: 'ingress', ingress: { className: 'public', labels: { team: 'registry' } } },
  route: {
    type: 'route',
    route: {
      parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
      labels: { team: 'registry' },
    },
  },
  clusterIP: { type: 'clusterIP', clusterIP: { name: 'door', ports: { httpPort: 8000, httpsPort: 8443 } } },
  nodePort: { type: 'nodePort', nodePort: { ports: { http: { nodePort: 30102 }, https: { nodePort: 30103 } } } },
  loadBalancer: {
    type: 'loadBalancer',
    loadBalancer: { sourceRanges: ['192.0.2.0/24'], annotations: { 'example.com/pool': 'public' } },
  },
};

const tls: Readonly<Record<string, Values>> = {
  'own certificate': { enabled: true, certSource: 'secret', secret: { secretName: 'certificate' } },
  'auto certificate': { enabled: true, certSource: 'auto' },
  'no TLS': { enabled: false },
};

const stores: Readonly<Record<string, Values>> = {
  'stores inside': {},
  'stores outside': {
    database: { type: 'external', external: { host: 'pg.example.com', port: 6432, password: 'p@ss/word' } },
    redis: {
      type: 'external',
      external: { addr: 'redis.example.com:6380', username: 'haven', password: 'p@ss w/ord' },
    },
    logCollector: { enabled: false },
  },
  'stores outside, secrets given': {
    database: {
      type: 'external',
      external: {
        host: 'pg.example.com',
        existingSecret: 'database-secret',
        sslmode: 'verify-full',
        caSecretName: 'ca-secret',
      },
    },
    redis: { type: 'external', external: { addr: 'redis.example.com:6379', existingSecret: 'redis-secret' } },
    existingSecretAdminPassword: 'admin-secret',
    existingSecretAdminPasswordKey: 'first',
    existingSecretSecretKey: 'key-secret',
    core: { existingSecret: 'core-secret' },
    persistence: {
      persistentVolumeClaim: {
        registry: { existingClaim: 'blobs', subPath: 'registry' },
        logCollector: { existingClaim: 'log-lines' },
      },
    },
    serviceAccount: { create: false },
  },
};

const place = {
  nodeSelector: { pool: 'registry' },
  tolerations: [{ key: 'pool', operator: 'Equal', value: 'registry', effect: 'NoSchedule' }],
  affinity: {
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, podAffinityTerm: { topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } } } },
      ],
    },
  },
  priorityClassName: 'high',
  podAnnotations: { 'example.com/note': 'one' },
  podLabels: { team: 'registry' },
};
const large = { replicas: 3, podDisruptionBudget: { enabled: true, minAvailable: 2 }, ...place };
const constraint = {
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { a: 'b' } },
};

const sizes: Readonly<Record<string, Values>> = {
  small: {},
  large: {
    core: { ...large, configureUserSettings: '{"read_only":false}', topologySpreadConstraints: [constraint] },
    jobservice: { ...large, maxJobWorkers: 50 },
    registry: { ...large, extraEnvVars: [{ name: 'HAVEN_UPLOAD_LEASE_HOURS', value: '48' }] },
    gcController: { ...large, podDisruptionBudget: { enabled: true } },
    logCollector: place,
    nginx: { ...large, podDisruptionBudget: { enabled: true, maxUnavailable: '25%' } },
    database: { internal: { ...place, parameters: { shared_buffers: '1GB', jit: false } } },
    redis: { internal: place },
    persistence: {
      resourcePolicy: '',
      persistentVolumeClaim: {
        registry: { accessMode: 'ReadWriteMany', storageClass: 'shared', annotations: { a: 'b' } },
      },
    },
    transferGraceSeconds: 600,
    trace: { endpoint: 'http://traces.example.com:4318', sampleRate: 0.25 },
    metrics: {
      enabled: true,
      serviceMonitor: { enabled: true, interval: '30s', additionalLabels: { release: 'prometheus' } },
    },
    networkPolicy: {
      logSources: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'logging' } } }],
    },
    imagePullSecrets: [{ name: 'pull' }],
    caBundleSecretName: 'ca-secret',
    caSecretName: 'ca-secret',
    fullnameOverride: 'hub',
  },
};

export interface Setup {
  name: string;
  values: Values;
}

const noNumbers = { runAsUser: null, runAsGroup: null, fsGroup: null };

const singles: readonly Setup[] = [
  { name: 'as it is', values: {} },
  { name: "the ingress controller's certificate", values: { expose: { tls: { certSource: 'none' } } } },
  { name: 'behind something that ends TLS', values: { expose: { type: 'clusterIP', tls: { enabled: false } } } },
  {
    name: 'a certificate for an address',
    values: { expose: { type: 'nodePort' }, externalURL: 'https://192.0.2.7:30003' },
  },
  { name: 'known proxies', values: { expose: { trustedProxies: ['10.0.0.0/8', 'fd00::/8'] } } },
  { name: 'no network policies', values: { networkPolicy: { enabled: false } } },
  {
    name: 'OpenShift',
    values: {
      podSecurityContext: noNumbers,
      database: { internal: { podSecurityContext: noNumbers } },
    },
  },
];

/** Every way to be reached, with every kind of TLS, database and Redis, small and large; and what comes alone. */
export const setups: readonly Setup[] = [...singles, ...everySetup()];

function everySetup(): Setup[] {
  return pairs(expose).flatMap(([door, doorValues]) =>
    pairs(tls).flatMap(([certificate, tlsValues]) =>
      pairs(stores).flatMap(([store, storeValues]) =>
        pairs(sizes).map(([size, sizeValues]) => ({
          name: [door, certificate, store, size].join(', '),
          values: merged(
            { externalURL: `${certificate === 'no TLS' ? 'http' : 'https'}://hub.example.com` },
            { expose: { ...doorValues, tls: tlsValues } },
            sizeValues,
            storeValues,
          ),
        })),
      ),
    ),
  );
}

function pairs(record: Readonly<Record<string, Values>>): [string, Values][] {
  return Object.entries(record);
}

function merged(...layers: readonly Values[]): Values {
  return layers.reduce<Values>(
    (all, layer) => ({
      ...all,
      ...Object.fromEntries(
        Object.entries(layer).map(([key, value]) => [
          key,
          isMap(value) && isMap(all[key]) ? merged(all[key], value) : value,
        ]),
      ),
    }),
    {},
  );
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
