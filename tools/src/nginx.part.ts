import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFolder, serviceFolder, type DataFolder } from './data-folder.ts';
import { findProgram } from './find-program.ts';
import { bracketed } from './options.ts';
import type { Owner } from './owner.ts';
import type { Part } from './part.ts';
import type { InternalPorts } from './ports.ts';
import { logFile } from './supervisor.ts';
import { renderTemplate } from './template.ts';
import type { TlsFiles } from './tls.ts';

/** What the front door needs to know. */
export interface FrontDoor {
  port: number;
  tls: { port: number; files: TlsFiles } | undefined;
  /** Bare IP addresses. */
  listen: readonly string[];
  externalUrl: string;
  ports: Pick<InternalPorts, 'core' | 'registry'>;
  /** Folder with the templates. */
  templates: string;
}

/** nginx, the only public door: renders its files anew and describes the process. */
export function nginxPart(front: FrontDoor, data: DataFolder, owner: Owner): Part {
  const isPrivileged = owner.isSeparate && (front.port < 1024 || (front.tls?.port ?? front.port) < 1024);
  // A master that runs as root changes owners below its run folder, so the service user must not write there.
  const run = join(data.nginx, isPrivileged ? 'run-root' : 'run');
  const paths = { conf: join(data.nginx, 'conf'), html: join(data.nginx, 'html'), run };
  keepFolder(paths.conf, owner);
  keepFolder(paths.html, owner);
  (isPrivileged ? keepFolder : serviceFolder)(paths.run, owner);

  const values = {
    ...placeholders(front, data),
    USER: isPrivileged ? `user ${owner.name};` : '',
    RUN_DIR: paths.run,
    CONF_DIR: paths.conf,
    HTML_DIR: paths.html,
  };
  const rendered = Object.entries(sources(front)).map(([target, source]) => {
    const text = renderTemplate(readFileSync(join(front.templates, source), 'utf8'), values);
    writeFileSync(join(paths.conf, target), text);
    return text;
  });
  copyFileSync(join(front.templates, 'html/index.html'), join(paths.html, 'index.html'));

  const program = findProgram('nginx');
  const args = ['-e', 'stderr', '-c', join(paths.conf, 'nginx.conf')];
  const command = { file: program, args, env: { PATH: '/usr/bin:/bin' }, cwd: data.nginx };
  const [host = '127.0.0.1'] = front.listen.map(reachable);
  return {
    name: 'nginx',
    command: isPrivileged ? command : owner.wrap(command),
    ports: front.tls === undefined ? [front.port] : [front.tls.port, front.port],
    probe: { kind: 'http', host, port: front.port, path: '/', expect: front.tls === undefined ? 200 : 308 },
    stopSignal: 'SIGTERM',
    forks: { program: realpathSync(program), folder: realpathSync(data.nginx) },
    settings: rendered.join('') + hashOf(front.tls?.files),
  };
}

const sources = (front: FrontDoor): Record<string, string> => ({
  'nginx.conf': 'nginx.conf.template',
  'server.conf': front.tls === undefined ? 'server-http.conf.template' : 'server-https.conf.template',
  'headers.conf': 'headers.conf.template',
  'locations.conf': 'locations.conf.template',
  'health.conf': 'health.conf.template',
});

function placeholders(front: FrontDoor, data: DataFolder): Record<string, string> {
  const external = new URL(front.externalUrl);
  const tlsPort = external.protocol === 'https:' ? external.port : String(front.tls?.port ?? '');
  return {
    ACCESS_LOG: `${logFile(data, 'nginx')} json buffer=64k flush=100ms`,
    SHUTDOWN_TIMEOUT: '30s',
    CORE_SERVERS: `server 127.0.0.1:${front.ports.core};`,
    REGISTRY_SERVERS: `server 127.0.0.1:${front.ports.registry};`,
    STORAGE_ROOT: data.storage,
    CLIENT_ADDRESS: '$remote_addr',
    FORWARDED_PROTO: external.protocol.slice(0, -1),
    REAL_IP: '',
    LISTEN: listenLines(front.listen, front.port, ''),
    TLS_LISTEN: front.tls === undefined ? '' : listenLines(front.listen, front.tls.port, ' ssl'),
    TLS_PORT_SUFFIX: tlsPort === '' ? '' : `:${tlsPort}`,
    TLS_CERTIFICATE: front.tls?.files.certificate ?? '',
    TLS_KEY: front.tls?.files.key ?? '',
  };
}

export const listenLines = (addresses: readonly string[], port: number, suffix: string): string =>
  addresses.map((address) => `listen ${bracketed(address)}:${port}${suffix};`).join('\n  ');

/** An address to ask at: nothing answers at "all addresses". */
const reachable = (address: string): string =>
  address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;

const hashOf = (files: TlsFiles | undefined): string =>
  files === undefined
    ? ''
    : createHash('sha256').update(readFileSync(files.certificate)).update(readFileSync(files.key)).digest('hex');
