import { isIP, isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageFailure } from './failure.ts';
import { isPartName, partNames, type PartName } from './part.ts';

export interface UpOptions {
  dataFolder: string;
  port: number;
  tls: TlsOptions | undefined;
  /** Bare IP addresses; undefined leaves the choice to the state of the admin password. */
  listen: readonly string[] | undefined;
  externalUrl: string | undefined;
  adminPassword: string | undefined;
  /** Environment variables that go to the services as they are. */
  passedOn: Readonly<Record<string, string>>;
}

export interface TlsOptions {
  port: number;
  /** The user's own certificate and key; undefined means self-signed ones. */
  own: { certificate: string; key: string } | undefined;
}

export type Request =
  | { command: 'up'; options: UpOptions }
  | { command: 'down' | 'status'; dataFolder: string }
  | { command: 'logs'; dataFolder: string; parts: readonly PartName[]; follow: boolean }
  | { command: 'registry'; dataFolder: string; args: readonly string[] }
  | { command: 'test'; stages: readonly string[] }
  | { command: 'bench'; args: readonly string[] };

/** What the options are read against. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  isRoot: boolean;
  home: string;
  cwd: string;
}

const variableOf = (name: string, around: Surroundings): string | undefined =>
  around.env[name] === '' ? undefined : around.env[name];

/** Settings that only the log collector reads. */
export const logKeys: readonly string[] = [
  'HAVEN_LOG_RETENTION_DAYS',
  'HAVEN_LOG_MAX_BYTES',
  'HAVEN_LOG_MIN_FREE_BYTES',
  'HAVEN_LOG_FORWARD_LOKI_URL',
  'HAVEN_LOG_FORWARD_ELASTICSEARCH_URL',
  'HAVEN_LOG_FORWARD_SYSLOG',
];
/** What operators set for jobs, collections and scrubs. */
const jobKeys: readonly string[] = [
  'GC_TIME_WINDOW_HOURS',
  'HAVEN_GC_BLOBS_PER_SECOND',
  'HAVEN_TRASH_DAYS',
  'HAVEN_LEDGER_DAYS',
  'HAVEN_SCRUB_ORPHAN_DAYS',
  'HAVEN_SCRUB_INTEGRITY_DAYS',
  'HAVEN_SCRUB_BYTES_PER_SECOND',
  'HAVEN_SCRUB_FILES_PER_SECOND',
  'HAVEN_SCRUB_SAFE_AGE_HOURS',
  'HAVEN_JOB_WORKERS',
  'HAVEN_TRANSFER_WORKERS',
  'HAVEN_RETENTION_MAX_DELETE_PERCENT',
  'HAVEN_WEBHOOK_TIMEOUT_SECONDS',
  'HAVEN_REGISTRY_CHECK_SECONDS',
];
const passedOnKeys = [
  'HAVEN_LOG_LEVEL',
  'HAVEN_METRICS_PROJECTS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_TRACES_SAMPLER_ARG',
  'HAVEN_OUTBOUND_REACH',
  'HAVEN_OUTBOUND_CA_FILE',
  ...logKeys,
  ...jobKeys,
];

/** Reads the command line; an empty environment variable counts as absent. Throws UsageFailure. */
export function parseRequest(argv: readonly string[], around: Surroundings): Request {
  const [command, ...args] = argv;
  switch (command) {
    case 'up':
      return { command, options: parseUp(args, around) };
    case 'down':
    case 'status':
      return { command, dataFolder: dataFolderOf(parse(args, dataFlag).values.data, around) };
    case 'logs':
      return parseLogs(args, around);
    case 'registry':
      // What follows is for the registry to read, so the data folder comes from the environment.
      return { command, dataFolder: dataFolderOf(undefined, around), args };
    case 'test':
      return { command, stages: parse(args, {}, true).positionals };
    case 'bench':
      return { command, args };
    default:
      throw new UsageFailure(`unknown command: ${command ?? ''}. See ./haven help`);
  }
}

const dataFlag = { data: { type: 'string' } } as const;
const upFlags = {
  ...dataFlag,
  port: { type: 'string' },
  listen: { type: 'string' },
  tls: { type: 'boolean' },
  'tls-port': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'external-url': { type: 'string' },
} as const;

function parse<T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: readonly string[],
  options: T,
  allowPositionals = false,
) {
  try {
    return parseArgs({ args: [...args], options: options as T & {}, allowPositionals });
  } catch (error) {
    throw new UsageFailure(`${(error as Error).message} See ./haven help`, { cause: error });
  }
}

function parseUp(args: readonly string[], around: Surroundings): UpOptions {
  const { values } = parse(args, upFlags);
  const variable = (name: string): string | undefined => variableOf(name, around);
  const port = portOf('--port', values.port ?? variable('HAVEN_PORT') ?? '8080');
  const tls = parseTls(
    {
      wanted: values.tls ?? isTrue('HAVEN_TLS', variable('HAVEN_TLS')),
      port: values['tls-port'] ?? variable('HAVEN_TLS_PORT'),
      certificate: values['tls-cert'] ?? variable('HAVEN_TLS_CERT'),
      key: values['tls-key'] ?? variable('HAVEN_TLS_KEY'),
    },
    around.cwd,
  );
  if (tls?.port === port) throw new UsageFailure(`--port and --tls-port are both ${port}`);
  const listen = values.listen ?? variable('HAVEN_LISTEN');
  const externalUrl = values['external-url'] ?? variable('HAVEN_EXTERNAL_URL');
  return {
    dataFolder: dataFolderOf(values.data, around),
    port,
    tls,
    listen: listen === undefined ? undefined : parseListen(listen),
    externalUrl: externalUrl === undefined ? undefined : parseExternalUrl(externalUrl),
    adminPassword: variable('HAVEN_ADMIN_PASSWORD'),
    passedOn: Object.fromEntries(
      passedOnKeys.flatMap((key) => {
        const value = variable(key);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
  };
}

interface TlsInput {
  wanted: boolean;
  port: string | undefined;
  certificate: string | undefined;
  key: string | undefined;
}

/** An own certificate, as well as `--tls`, asks for TLS; a port alone does not. */
function parseTls(input: TlsInput, cwd: string): TlsOptions | undefined {
  const { certificate, key } = input;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new UsageFailure('--tls-cert and --tls-key belong together: give both or none');
  }
  if (!input.wanted && certificate === undefined) return undefined;
  return {
    port: portOf('--tls-port', input.port ?? '8443'),
    own:
      certificate === undefined || key === undefined
        ? undefined
        : { certificate: resolve(cwd, certificate), key: resolve(cwd, key) },
  };
}

function parseLogs(args: readonly string[], around: Surroundings): Request {
  const { values, positionals } = parse(args, { ...dataFlag, follow: { type: 'boolean', short: 'f' } } as const, true);
  const parts = positionals.map((name): PartName => {
    if (isPartName(name)) return name;
    throw new UsageFailure(`no part is called ${name}. Parts: ${partNames.join(' ')}`);
  });
  return {
    command: 'logs',
    dataFolder: dataFolderOf(values.data, around),
    parts,
    follow: values.follow ?? false,
  };
}

function dataFolderOf(flag: string | undefined, around: Surroundings): string {
  const given = flag ?? variableOf('HAVEN_DATA', around);
  if (given === '') throw new UsageFailure('--data needs a folder');
  if (given !== undefined) return resolve(around.cwd, given);
  return around.isRoot ? '/var/lib/haven' : join(around.home, '.local/share/haven');
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new UsageFailure(`${flag}: not a port: ${text}`);
  return port;
}

function isTrue(key: string, text: string | undefined): boolean {
  if (text === undefined || ['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false;
  if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
  throw new UsageFailure(`${key}: expected true or false: ${text}`);
}

/** `127.0.0.1,[::1]`, `localhost`, `*` → bare addresses, each once. */
export function parseListen(text: string): readonly string[] {
  const addresses = text.split(',').flatMap((entry) => {
    const name = entry.trim().replace(/^\[(.*)\]$/, '$1');
    if (name === '*') return allAddresses;
    if (name === 'localhost') return loopbackAddresses;
    if (isIP(name) === 0) throw new UsageFailure(`--listen: not an IP address: ${entry.trim()}`);
    return [name];
  });
  return [...new Set(addresses)];
}

export const loopbackAddresses: readonly string[] = ['127.0.0.1', '::1'];
export const allAddresses: readonly string[] = ['0.0.0.0', '::'];

/** Whether only this machine reaches an address. */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** An address as it stands in a URL or an nginx `listen`. */
export const bracketed = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

function parseExternalUrl(text: string): string {
  const url = URL.parse(text);
  const isBare = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url === null || !/^https?:$/.test(url.protocol) || !isBare) {
    throw new UsageFailure(`--external-url: expected http(s)://host[:port]: ${text}`);
  }
  return url.origin;
}
