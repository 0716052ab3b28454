import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerClient } from '../clients/docker.client.ts';
import { findProgram } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';

/** A host with a Docker daemon of its own, which knows the platform by a name and believes an authority. */
export interface DockerHost {
  docker: DockerClient;
  /** For programs that speak to the daemon. */
  env: Readonly<Record<string, string>>;
}

/** Docker's rules for the network are those of the whole machine: two daemons would take them from each other. */
export async function whyNoDockerHost(): Promise<string | undefined> {
  const missing = ['docker', 'dockerd', 'docker-compose', 'unshare', 'openssl', 'dpkg-query'].find(
    (program) => findProgram(program) === undefined,
  );
  if (missing !== undefined) return `${missing} is not installed`;
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'dockerd') return 'another Docker daemon runs here';
  }
  return undefined;
}

/** Names and authorities lie in files of the whole machine: the daemon sees others there, in a mount namespace of its own. */
const script = `set -e
mount --make-rprivate /
cat /etc/hosts - >"$1/hosts" <<EOF
127.0.0.1 $2
EOF
mount --bind "$1/hosts" /etc/hosts
mkdir -p /etc/docker
mount -t tmpfs none /etc/docker
mkdir -p "/etc/docker/certs.d/$3"
cp "$1/ca.crt" "/etc/docker/certs.d/$3/ca.crt"
shift 3
exec "$@"`;

/** @param folder with the authority's certificate as `ca.crt` @param address host and port that the platform will have */
export async function startDockerHost(folder: string, address: string): Promise<DockerHost> {
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const env = { DOCKER_HOST: socket, DOCKER_CONFIG: join(folder, 'config'), DOCKER_BUILDKIT: '0' };
  await mkdir(join(folder, 'config'));
  await writeFile(join(folder, 'daemon.json'), '{}');
  await using log = await open(join(folder, 'log'), 'w');
  const own = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ];
  const network = ['--bip=10.212.0.1/24', '--default-address-pool', 'base=10.213.0.0/16,size=24'];
  const dockerd = [findProgram('dockerd') ?? '', '--host', socket, '--config-file', join(folder, 'daemon.json')];
  const [name = ''] = address.split(':');
  const args = ['--mount', 'sh', '-c', script, 'sh', folder, name, address, ...dockerd, ...own, ...network];
  const daemon = spawn(findProgram('unshare') ?? '', args, { stdio: ['ignore', log.fd, log.fd] });
  const docker = new DockerClient(findProgram('docker') ?? '', daemon, env);
  await eventually('dockerd answers', () => docker.answers(), { timeoutMs: 60_000 });
  return { docker, env };
}
