import type { Values } from './helm.ts';

interface Refusal {
  name: string;
  values: Values;
  /** What helm has to say. */
  because: string;
}

const claim = (name: string, values: Values): Values => ({
  persistence: { persistentVolumeClaim: { [name]: values } },
});

/** Values that do not work, and would otherwise only be found out in the cluster. */
export const refusals: readonly Refusal[] = [
  {
    name: 'object storage, which has no driver yet',
    values: { persistence: { imageChartStorage: { type: 's3' } } },
    because: "at '/persistence/imageChartStorage/type': value must be 'filesystem'",
  },
  {
    name: 'Sentinel',
    values: { redis: { external: { sentinelMasterSet: 'mymaster' } } },
    because: "at '/redis/external/sentinelMasterSet': value must be ''",
  },
  {
    name: 'several addresses of Redis',
    values: { redis: { type: 'external', external: { addr: 'a:26379,b:26379' } } },
    because: "at '/redis/external/addr'",
  },
  {
    name: 'several registries on a volume of one node',
    values: { registry: { replicas: 2 } },
    because: 'accessMode ReadWriteMany',
  },
  {
    name: 'a volume of one pod for two',
    values: claim('registry', { accessMode: 'ReadWriteOncePod' }),
    because: "value must be one of 'ReadWriteOnce', 'ReadWriteMany'",
  },
  {
    name: 'a storage size without a unit that Kubernetes knows',
    values: claim('database', { size: '10GB' }),
    because: "at '/persistence/persistentVolumeClaim/database/size'",
  },
  {
    name: 'an external database without an address',
    values: { database: { type: 'external' } },
    because: "at '/database/external/host'",
  },
  {
    name: 'an external database without a password',
    values: { database: { type: 'external', external: { host: 'pg.example.com' } } },
    because: 'database.external: give a password, or an existingSecret',
  },
  {
    name: 'an external Redis without an address',
    values: { redis: { type: 'external' } },
    because: "at '/redis/external/addr'",
  },
  {
    name: 'a proxy without an address',
    values: { expose: { trustedProxies: ['proxy'] } },
    because: "at '/expose/trustedProxies/0'",
  },
  { name: 'an unknown way in', values: { expose: { type: 'tunnel' } }, because: "at '/expose/type'" },
  {
    name: 'a route to no gateway',
    values: { expose: { type: 'route' } },
    because: 'expose.route.parentRefs: name the gateway',
  },
  {
    name: 'TLS without a certificate',
    values: { expose: { tls: { certSource: 'secret' } } },
    because: 'expose.tls.secret.secretName is needed',
  },
  {
    name: 'no certificate for nginx',
    values: { expose: { type: 'nodePort', tls: { certSource: 'none' } } },
    because: 'nginx itself needs a certificate',
  },
  {
    name: 'TLS at an address without',
    values: { externalURL: 'http://hub.example.com' },
    because: 'externalURL begins with http:',
  },
  {
    name: 'an address with a path',
    values: { externalURL: 'https://hub.example.com/hub' },
    because: "at '/externalURL'",
  },
  { name: 'a short password', values: { harborAdminPassword: 'short' }, because: "at '/harborAdminPassword'" },
  { name: 'a key that is none', values: { secretKey: 'not-a-secure-key' }, because: "at '/secretKey'" },
  { name: 'an image without a version', values: { image: { tag: 'latest' } }, because: "at '/image/tag'" },
  { name: 'no replica at all', values: { core: { replicas: 0 } }, because: "at '/core/replicas'" },
  {
    name: 'a budget that keeps nodes from being drained',
    values: { core: { replicas: 2, podDisruptionBudget: { enabled: true, minAvailable: 2 } } },
    because: '2 of 2 replicas would keep every node from being drained',
  },
  {
    name: 'a service monitor of nothing',
    values: { metrics: { serviceMonitor: { enabled: true } } },
    because: 'needs metrics.enabled',
  },
  {
    name: 'a slip of the pen',
    values: { core: { replica: 2 } },
    because: "at '/core': additional properties 'replica' not allowed",
  },
  {
    name: 'a part that is not there yet',
    values: { portal: {} },
    because: "additional properties 'portal' not allowed",
  },
];
