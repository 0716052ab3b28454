import { brokenWays } from './connections.ts';
import { exposedSecrets, wrongVariables } from './environment.ts';
import { softSpots } from './hardening.ts';
import { ofKind, secretData, workloadsOf, type Container, type Manifest } from './manifest.ts';
import { brokenReferences } from './references.ts';

interface Slip {
  name: string;
  slip: (manifests: Manifest[]) => void;
  check: (manifests: readonly Manifest[]) => string[];
  problem: string;
}

const secret = (manifests: readonly Manifest[]): Manifest =>
  ofKind(manifests, 'Secret').find(({ metadata }) => metadata.name === 'haven')!;
const core = (manifests: readonly Manifest[]): Container =>
  workloadsOf(manifests).find(({ component }) => component === 'core')!.pod.containers[0]!;

/** What the checks are there to find. */
export const slips: readonly Slip[] = [
  {
    name: 'a service on another port',
    slip: (manifests) => {
      const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'haven-core')!;
      service.spec!['ports'] = [{ name: 'http', port: 8080, targetPort: 'http' }];
    },
    check: brokenWays,
    problem: 'registry to haven-core:8081 leads nowhere',
  },
  {
    name: 'a network policy that is missing',
    slip: (manifests) => {
      const isPolicy = ({ kind, metadata }: Manifest): boolean =>
        kind === 'NetworkPolicy' && metadata.name === 'haven-redis';
      manifests.splice(manifests.findIndex(isPolicy), 1);
    },
    check: brokenWays,
    problem: 'core to haven-redis:6379 is closed',
  },
  {
    name: 'a key that a secret does not have',
    slip: (manifests) => {
      delete secret(manifests).data!['redis-url'];
    },
    check: brokenReferences,
    problem: 'the secret haven has no redis-url',
  },
  {
    name: 'a variable with a slip of the pen',
    slip: (manifests) => {
      core(manifests).env!.push({ name: 'HAVEN_LOG_LEVLE', value: 'debug' });
    },
    check: wrongVariables,
    problem: 'HAVEN_LOG_LEVLE is read by nobody',
  },
  {
    name: 'a secret in a variable',
    slip: (manifests) => {
      core(manifests).args!.push(secretData(secret(manifests))['internal-secret']!);
    },
    check: exposedSecrets,
    problem: 'Deployment/haven-core shows internal-secret',
  },
  {
    name: 'a container that may write to its image',
    slip: (manifests) => {
      core(manifests).securityContext = {};
    },
    check: softSpots,
    problem: 'Deployment/haven-core/core: may write to its image',
  },
];
