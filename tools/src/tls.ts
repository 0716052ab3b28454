import { X509Certificate } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { serviceFile, type DataFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import type { Owner } from './owner.ts';
import type { TlsOptions } from './options.ts';

export interface TlsFiles {
  certificate: string;
  key: string;
  /** The certificate authority that clients have to trust; undefined for an own certificate. */
  authority: string | undefined;
}

const caDays = 3650;
const serverDays = 365;
const renewBeforeDays = 30;

/** The certificate to serve: the user's own one, or one signed by an authority made here once. */
export async function ensureTls(
  tls: TlsOptions,
  externalHost: string,
  data: DataFolder,
  owner: Owner,
): Promise<TlsFiles> {
  if (tls.own !== undefined) return copyOwn(tls.own, data, owner);
  const authority = { certificate: join(data.tls, 'ca.crt'), key: join(data.tls, 'ca.key') };
  const server = { certificate: join(data.tls, 'server.crt'), key: join(data.tls, 'server.key') };
  const names = [...new Set(['localhost', '127.0.0.1', '::1', hostname(), externalHost.replace(/^\[(.*)\]$/, '$1')])];
  if (!existsSync(authority.certificate)) await makeAuthority(authority, data);
  if (!isServable(server.certificate, names)) await makeServer(server, authority, names, data);
  if (owner.isSeparate) chownSync(server.key, owner.uid, owner.gid);
  return { ...server, authority: authority.certificate };
}

interface Pair {
  certificate: string;
  key: string;
}

/** The service user may not be able to read the files where they are: keys often belong to root. */
function copyOwn(own: Pair, data: DataFolder, owner: Owner): TlsFiles {
  try {
    const certificate = readFileSync(own.certificate);
    const key = readFileSync(own.key);
    const copy = { certificate: join(data.tls, 'own.crt'), key: join(data.tls, 'own.key') };
    serviceFile(copy.certificate, certificate, owner);
    serviceFile(copy.key, key, owner);
    return { ...copy, authority: undefined };
  } catch (error) {
    throw new Failure(`cannot read the certificate: ${(error as Error).message}`, { cause: error });
  }
}

function isServable(file: string, names: readonly string[]): boolean {
  if (!existsSync(file)) return false;
  const certificate = new X509Certificate(readFileSync(file));
  const covers = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  return certificate.validToDate.getTime() > Date.now() + renewBeforeDays * 86_400_000 && names.every(covers);
}

async function makeAuthority(authority: Pair, data: DataFolder): Promise<void> {
  await makeCertificate(authority, data, {
    commonName: `Haven on ${hostname().slice(0, 50)}`,
    days: caDays,
    extensions: ['basicConstraints=critical,CA:true,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign'],
    signing: [],
  });
}

async function makeServer(server: Pair, authority: Pair, names: readonly string[], data: DataFolder): Promise<void> {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
  await makeCertificate(server, data, {
    commonName: 'localhost',
    days: serverDays,
    extensions: [
      'basicConstraints=critical,CA:false',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=serverAuth',
      `subjectAltName=${alternatives.join(',')}`,
    ],
    signing: ['-CA', authority.certificate, '-CAkey', authority.key],
  });
}

interface CertificateRequest {
  commonName: string;
  days: number;
  extensions: readonly string[];
  /** Who signs; without it, the certificate signs itself. */
  signing: readonly string[];
}

/** A fresh key and certificate. The certificate is renamed into place last: while it is missing, both are made anew. */
async function makeCertificate(pair: Pair, data: DataFolder, request: CertificateRequest): Promise<void> {
  const config = join(data.tls, 'openssl.cnf');
  const lines = ['[req]', 'distinguished_name=name', 'prompt=no', '[name]', `CN=${request.commonName}`, '[ext]'];
  writeFileSync(config, [...lines, ...request.extensions, ''].join('\n'));
  const unfinished = `${pair.certificate}.new`;
  const args = [
    ...['req', '-x509', '-config', config, '-extensions', 'ext', '-sha256', '-days', String(request.days)],
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', pair.key, '-out', unfinished, ...request.signing],
  ];
  await mustRun('openssl', { file: 'openssl', args });
  chmodSync(pair.key, 0o600);
  renameSync(unfinished, pair.certificate);
  rmSync(config);
}
