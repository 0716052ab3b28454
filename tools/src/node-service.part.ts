import { join } from 'node:path';
import type { Command } from './command.ts';
import type { DataFolder } from './data-folder.ts';
import { logKeys } from './options.ts';
import type { Owner } from './owner.ts';
import type { Part } from './part.ts';
import type { InternalPorts } from './ports.ts';
import { databaseName, databaseRole } from './postgres.part.ts';
import { secretFiles } from './secrets.ts';

/** What core, the registry and the migration are started with. */
export interface ServiceContext {
  data: DataFolder;
  owner: Owner;
  ports: InternalPorts;
  /** Folder that holds `apps/<app>/dist`. */
  app: string;
  /** Changes with every build. */
  buildId: string;
  redisUrlFile: string;
  externalUrl: string;
  /** Certificate of the authority that signed the platform's own; undefined where there is none of ours. */
  caFile: string | undefined;
  adminPassword: string | undefined;
  passedOn: Readonly<Record<string, string>>;
}

const local = (port: number): string => `http://127.0.0.1:${port}`;

export function corePart(context: ServiceContext): Part {
  const env = {
    ...sharedEnv(context),
    ...coreSecrets(context),
    HAVEN_CORE_LISTEN: `127.0.0.1:${context.ports.core}`,
    HAVEN_REGISTRY_URL: local(context.ports.registry),
    HAVEN_JOBSERVICE_URL: local(context.ports.jobservice),
    HAVEN_LOG_COLLECTOR_URL: local(context.ports['log-collector']),
    ...(context.caFile === undefined ? {} : { HAVEN_CA_FILE: context.caFile }),
  };
  return servicePart('core', context, env);
}

export function registryPart(context: ServiceContext): Part {
  return servicePart('registry', context, registryEnv(context));
}

export function jobservicePart(context: ServiceContext): Part {
  const env = {
    ...sharedEnv(context),
    ...coreSecrets(context),
    HAVEN_JOBSERVICE_LISTEN: `127.0.0.1:${context.ports.jobservice}`,
    HAVEN_REGISTRY_URL: local(context.ports.registry),
  };
  return servicePart('jobservice', context, env);
}

/** Follows the log files that all parts write; nothing waits for it. */
export function logCollectorPart(context: ServiceContext): Part {
  const syslog = `127.0.0.1:${context.ports.syslog}`;
  const env = {
    ...nodeEnv,
    ...context.passedOn,
    HAVEN_INTERNAL_SECRET_FILE: secretFiles(context.data).internalSecret,
    HAVEN_LOG_COLLECTOR_LISTEN: `127.0.0.1:${context.ports['log-collector']}`,
    HAVEN_LOG_SYSLOG_UDP_LISTEN: syslog,
    HAVEN_LOG_SYSLOG_TCP_LISTEN: syslog,
    HAVEN_CORE_URL: local(context.ports.core),
    HAVEN_LOG_ROOT: context.data.logs,
    HAVEN_LOG_FOLLOW_FOLDER: context.data.log,
  };
  return servicePart('log-collector', context, env);
}

export function gcControllerPart(context: ServiceContext): Part {
  const env = {
    ...sharedEnv(context),
    HAVEN_GC_LISTEN: `127.0.0.1:${context.ports['gc-controller']}`,
    HAVEN_REDIS_URL_FILE: context.redisUrlFile,
    HAVEN_STORAGE_ROOT: context.data.storage,
  };
  return servicePart('gc-controller', context, env);
}

/** A command of the registry that moves or cleans up what is stored. It answers nobody, so nobody's URL matters. */
export function registryCommand(
  context: Pick<ServiceContext, 'data' | 'owner' | 'ports' | 'app'>,
  args: readonly string[],
): Command {
  const env = registryEnv({ ...context, externalUrl: 'http://localhost', passedOn: {} });
  return nodeCommand('registry', 'command.js', context, env, args);
}

/** Brings the database up to date; prints one JSON line, see MigrationResult. */
export function migrateCommand(context: ServiceContext): Command {
  const { adminPassword } = context;
  const env = {
    ...sharedEnv(context),
    ...coreSecrets(context),
    ...(adminPassword === undefined ? {} : { HAVEN_ADMIN_PASSWORD: adminPassword }),
  };
  return nodeCommand('core', 'migrate.js', context, env);
}

function servicePart(
  name: 'core' | 'registry' | 'jobservice' | 'gc-controller' | 'log-collector',
  context: ServiceContext,
  env: Record<string, string>,
): Part {
  const port = context.ports[name];
  return {
    name,
    command: nodeCommand(name, 'main.js', context, env),
    ports: [port],
    probe: { kind: 'http', host: '127.0.0.1', port, path: '/readyz', expect: 200 },
    stopSignal: 'SIGTERM',
    forks: null,
    settings: context.buildId,
  };
}

function nodeCommand(
  app: string,
  script: string,
  context: Pick<ServiceContext, 'owner' | 'app'>,
  env: Record<string, string>,
  args: readonly string[] = [],
): Command {
  const cwd = join(context.app, 'apps', app);
  return context.owner.wrap({ file: process.execPath, args: [join(cwd, 'dist', script), ...args], env, cwd });
}

/** V8's and glibc's defaults trade memory for idle cores. */
const smallMemory = { NODE_OPTIONS: '--max-semi-space-size=4', MALLOC_ARENA_MAX: '2' };

const nodeEnv = { PATH: '/usr/local/bin:/usr/bin:/bin', NODE_ENV: 'production', ...smallMemory };

/** Where log lines are passed on to is nobody else's business. */
const withoutCollectorKeys = (passedOn: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(passedOn).filter(([key]) => !logKeys.includes(key)));

type Shared = Pick<ServiceContext, 'data' | 'ports' | 'externalUrl' | 'passedOn'>;

function registryEnv(context: Shared): Record<string, string> {
  return {
    ...sharedEnv(context),
    HAVEN_REGISTRY_LISTEN: `127.0.0.1:${context.ports.registry}`,
    HAVEN_CORE_URL: local(context.ports.core),
    HAVEN_STORAGE_DRIVER: 'filesystem',
    HAVEN_STORAGE_ROOT: context.data.storage,
    HAVEN_BLOB_DELIVERY: 'nginx',
    // Files are waited for, not worked at: as many threads as connections for pushes.
    UV_THREADPOOL_SIZE: '12',
    // V8's default: with less room, what many small requests leave behind is collected over and over.
    NODE_OPTIONS: '--max-semi-space-size=16',
  };
}

function sharedEnv(context: Shared): Record<string, string> {
  const secrets = secretFiles(context.data);
  return {
    ...nodeEnv,
    ...withoutCollectorKeys(context.passedOn),
    HAVEN_DATABASE_HOST: '127.0.0.1',
    HAVEN_DATABASE_PORT: String(context.ports.postgres),
    HAVEN_DATABASE_NAME: databaseName,
    HAVEN_DATABASE_USER: databaseRole,
    HAVEN_DATABASE_PASSWORD_FILE: secrets.databasePassword,
    HAVEN_INTERNAL_SECRET_FILE: secrets.internalSecret,
    HAVEN_EXTERNAL_URL: context.externalUrl,
  };
}

const coreSecrets = (context: ServiceContext): Record<string, string> => ({
  HAVEN_SECRET_KEY_FILE: secretFiles(context.data).secretKey,
  HAVEN_REDIS_URL_FILE: context.redisUrlFile,
});
