import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Failure } from './failure.ts';
import { whereIs } from './find-program.ts';
import { isRoot } from './owner.ts';
import { postgresVersions } from './postgres.part.ts';

/** A Debian or Ubuntu package, and how to see that what it brings is there, from whatever source. */
export interface Package {
  name: string;
  isInstalled: () => boolean;
}

const withProgram = (name: string, program: string): Package => ({
  name,
  isInstalled: () => whereIs(program) !== undefined,
});

export const serverPackages: readonly Package[] = [
  { name: 'postgresql', isInstalled: () => postgresVersions().length > 0 },
  withProgram('redis-server', 'redis-server'),
  withProgram('nginx-light', 'nginx'),
  withProgram('openssl', 'openssl'),
];

/** Clients and peers that tests drive where they are there. A machine may have docker's client without its daemon. */
export const clientPackages: readonly Package[] = [
  withProgram('docker.io', 'dockerd'),
  withProgram('docker-compose', 'docker-compose'),
  withProgram('containerd', 'containerd'),
  withProgram('podman', 'podman'),
  withProgram('skopeo', 'skopeo'),
  withProgram('buildah', 'buildah'),
  withProgram('docker-registry', 'docker-registry'),
  withProgram('slapd', 'slapd'),
  withProgram('ldap-utils', 'ldapadd'),
  withProgram('prometheus', 'prometheus'),
  withProgram('prometheus-alertmanager', 'amtool'),
];

/** Installs what is missing, as root or through sudo. Throws, and says what to do by hand, when that is not possible. */
export function ensurePackages(packages: readonly Package[]): void {
  const missing = packages.filter((candidate) => !candidate.isInstalled()).map(({ name }) => name);
  if (missing.length === 0) return;
  const names = missing.join(' ');
  if (whereIs('apt-get') === undefined) throw new Failure(`these are missing, install them first: ${names}`);
  const [file, ...args] = rootPrefix(names);
  console.log(`Installing ${names} …`);
  const script = join(import.meta.dirname, 'install-packages.sh');
  const result = spawnSync(file, [...args, script, ...missing], { stdio: 'inherit' });
  if (result.status !== 0) throw new Failure(`could not install ${names}. ${byHand(names)}`);
}

function rootPrefix(names: string): [string, ...string[]] {
  if (isRoot()) return ['bash'];
  if (whereIs('sudo') === undefined) throw new Failure(`these are missing: ${names}. ${byHand(names)}`);
  return process.stdin.isTTY ? ['sudo', 'bash'] : ['sudo', '-n', 'bash'];
}

const byHand = (names: string): string => `As root: apt-get install --no-install-recommends ${names}`;
