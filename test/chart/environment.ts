import { documentedSettings, nodeSettings } from '../harness/documented-settings.ts';
import { containersOf, ofKind, secretData, workloadsOf, type Manifest, type Workload } from './manifest.ts';

const secrets = [...documentedSettings].filter(([, { isSecret }]) => isSecret).map(([key]) => key);
const ofNginx = new Set([
  'HAVEN_NGINX_ROLE',
  'HAVEN_NGINX_CORE',
  'HAVEN_NGINX_REGISTRY',
  'HAVEN_NGINX_SHUTDOWN_TIMEOUT',
  'HAVEN_NGINX_TRUSTED_PROXIES',
  'HAVEN_NGINX_TLS_CERTIFICATE_FILE',
  'HAVEN_NGINX_TLS_KEY_FILE',
  'HAVEN_EXTERNAL_URL',
]);
/** What a service would take from its own machine, or leave out, where nothing is said. */
const needed: Readonly<Record<string, readonly string[]>> = {
  core: ['HAVEN_DATABASE_HOST', 'HAVEN_EXTERNAL_URL', 'HAVEN_REGISTRY_URL', 'HAVEN_JOBSERVICE_URL'],
  jobservice: ['HAVEN_DATABASE_HOST', 'HAVEN_REGISTRY_URL'],
  registry: ['HAVEN_DATABASE_HOST', 'HAVEN_EXTERNAL_URL', 'HAVEN_CORE_URL', 'HAVEN_BLOB_DELIVERY'],
  'gc-controller': ['HAVEN_DATABASE_HOST'],
  migrate: ['HAVEN_DATABASE_HOST', 'HAVEN_ADMIN_PASSWORD_FILE'],
  'await-database': ['HAVEN_DATABASE_HOST'],
};

const isKnown = (name: string, image: string): boolean => {
  if (image.startsWith('haven/haven-nginx:')) return ofNginx.has(name);
  return (
    nodeSettings.has(name) ||
    documentedSettings.has(name) ||
    (name.endsWith('_FILE') && secrets.includes(name.slice(0, -'_FILE'.length)))
  );
};

/** Variables that nobody reads, that are missing, or that hold a secret for everybody to see. */
export function wrongVariables(manifests: readonly Manifest[]): string[] {
  return workloadsOf(manifests).flatMap((workload) =>
    containersOf(workload)
      .filter(({ image }) => image.startsWith('haven/'))
      .flatMap(({ name, image, env = [] }) => {
        const names = env.map((variable) => variable.name);
        return [
          ...names.filter((key) => !isKnown(key, image)).map((key) => `${key} is read by nobody`),
          ...names.filter((key) => secrets.includes(key)).map((key) => `${key} holds a secret`),
          ...(needed[name] ?? []).filter((key) => !names.includes(key)).map((key) => `${key} is missing`),
        ].map((problem) => `${workload.id}/${name}: ${problem}`);
      }),
  );
}

/** Places outside Secrets where the value of one can be read. */
export function exposedSecrets(manifests: readonly Manifest[]): string[] {
  const values = ofKind(manifests, 'Secret').flatMap((secret) =>
    Object.entries(secretData(secret)).filter(([key]) => key !== 'ca.crt'),
  );
  return manifests
    .filter(({ kind }) => kind !== 'Secret')
    .flatMap((manifest) => {
      const text = JSON.stringify(manifest);
      return values
        .filter(([, value]) => text.includes(value) || text.includes(Buffer.from(value).toString('base64')))
        .map(([key]) => `${manifest.kind}/${manifest.metadata.name} shows ${key}`);
    });
}

export interface Address {
  from: Workload;
  host: string;
  port: number;
}

/** Where containers are told to go. */
export function addressesIn(manifests: readonly Manifest[]): Address[] {
  const redis = redisHosts(manifests);
  return workloadsOf(manifests).flatMap((from) =>
    containersOf(from).flatMap(({ env = [] }) => {
      const value = (name: string): string | undefined => env.find((variable) => variable.name === name)?.value;
      const texts = env
        .filter(({ name }) => /_(URL|CORE|REGISTRY|ENDPOINT)$/.test(name) && name !== 'HAVEN_EXTERNAL_URL')
        .map((variable) => variable.value ?? '')
        .filter((text) => text !== '');
      const database = value('HAVEN_DATABASE_HOST');
      if (database !== undefined) texts.push(`${database}:${value('HAVEN_DATABASE_PORT') ?? ''}`);
      if (value('HAVEN_REDIS_URL_FILE') !== undefined) texts.push(...redis);
      return texts.map((text) => ({ from, ...hostAndPort(text) }));
    }),
  );
}

const redisHosts = (manifests: readonly Manifest[]): string[] =>
  ofKind(manifests, 'Secret').flatMap((secret) => secretData(secret)['redis-url'] ?? []);

function hostAndPort(text: string): { host: string; port: number } {
  const { hostname, port } = new URL(text.includes('://') ? text : `tcp://${text}`);
  return { host: hostname, port: Number(port) };
}
