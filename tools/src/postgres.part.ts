import { existsSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { serviceFolder, type DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import type { Owner } from './owner.ts';
import type { Part } from './part.ts';
import { processesIn } from './process-table.ts';
import { secretFiles } from './secrets.ts';

export const databaseName = 'registry';
export const databaseRole = 'haven';

const installedUnder = '/usr/lib/postgresql';
const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** Small, durable, and only on TCP: a socket path has a length limit that a data folder may break. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '64MB',
  effective_cache_size: '512MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  max_wal_size: '512MB',
  // Requests are short and many: compiling queries and parallel workers cost more than they bring.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  password_encryption: 'scram-sha-256',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
};

/** Folders with the programs of installed PostgreSQL servers, newest first. */
export function postgresVersions(): { major: string; programs: string }[] {
  if (!existsSync(installedUnder)) return [];
  return readdirSync(installedUnder)
    .filter((major) => existsSync(join(installedUnder, major, 'bin/initdb')))
    .sort((a, b) => Number(b) - Number(a))
    .map((major) => ({ major, programs: join(installedUnder, major, 'bin') }));
}

/** The programs that fit the data: a cluster is only read by the version that made it. */
function programsFor(data: DataFolder): string {
  const versions = postgresVersions();
  const versionFile = join(data.postgres, 'PG_VERSION');
  const wanted = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : versions[0]?.major;
  const found = versions.find(({ major }) => major === wanted);
  if (found !== undefined) return found.programs;
  throw new Failure(`${data.postgres} needs PostgreSQL ${wanted ?? ''}: apt-get install postgresql-${wanted ?? ''}`);
}

/**
 * Makes the cluster at the first start: role `haven` (not a superuser) and its database. The superuser has no
 * password, so nobody logs in as it over TCP.
 * @param extraRoleOptions further attributes of the role, such as `CREATEDB`
 */
export async function ensureCluster(data: DataFolder, owner: Owner, extraRoleOptions = ''): Promise<void> {
  if (existsSync(data.postgres)) return;
  const programs = programsFor(data);
  const unfinished = `${data.postgres}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  serviceFolder(unfinished, owner);
  const initdb = ['-D', unfinished, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8', '-k'];
  // initdb insists on a password for its superuser when it sets up password log-in, and reads it from a file.
  const args = [...initdb, '--pwfile', secretFiles(data).databasePassword];
  await mustRun('initdb', owner.wrap({ file: join(programs, 'initdb'), args, env, cwd: '/' }));
  const password = readFileSync(secretFiles(data).databasePassword, 'utf8');
  // The single-user mode reads one statement per line.
  const input = [
    'ALTER ROLE postgres PASSWORD NULL',
    `CREATE ROLE ${databaseRole} LOGIN ${extraRoleOptions} PASSWORD '${password}'`,
    `CREATE DATABASE ${databaseName} OWNER ${databaseRole}`,
    '',
  ].join('\n');
  // A failed statement is not logged: one of them holds the password.
  const strict = ['-c', 'exit_on_error=on', '-c', 'log_min_error_statement=panic'];
  const single = ['--single', '-D', unfinished, ...strict, 'postgres'];
  const command = { file: join(programs, 'postgres'), args: single, env, cwd: '/' };
  await mustRun('creating the database', owner.wrap(command), { input });
  renameSync(unfinished, data.postgres);
}

/** PostgreSQL on 127.0.0.1. */
export function postgresPart(data: DataFolder, owner: Owner, port: number): Part {
  const programs = programsFor(data);
  const program = join(programs, 'postgres');
  const forks = { program: realpathSync(program), folder: realpathSync(data.postgres) };
  const options = Object.entries({ ...settings, port }).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return {
    name: 'postgres',
    command: owner.wrap({ file: program, args: ['-D', data.postgres, ...options], env, cwd: data.postgres }),
    ports: [port],
    probe: { kind: 'postgres', port, isready: join(programs, 'pg_isready') },
    // SIGTERM would wait for clients to leave; SIGINT is PostgreSQL's fast shutdown.
    stopSignal: 'SIGINT',
    forks,
    beforeStart: () => {
      removeStalePid(data, forks);
    },
    settings: '',
  };
}

/**
 * A server that was killed leaves the file with its pid. PostgreSQL refuses to start while that pid exists, even as
 * a corpse, or as another process after a reboot; whether one of its processes really runs there is known better here.
 */
function removeStalePid(data: DataFolder, forks: { program: string; folder: string }): void {
  if (processesIn(forks.folder, forks.program).length > 0) return;
  rmSync(join(data.postgres, 'postmaster.pid'), { force: true });
}
