import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { directory, groupsLdif, peopleLdif } from './people.js';

const run = promisify(execFile);
const modules = '/usr/lib/ldap';
const schemas = '/etc/ldap/schema';
const longestWaitMs = 20_000;

const exists = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
};
const sbin = '/usr/sbin';
const programs = [`${sbin}/slapd`, `${sbin}/slapadd`, '/usr/bin/ldapadd', '/usr/bin/openssl', `${modules}/memberof.so`];

/** Why no directory can be started on this machine; undefined when one can. */
export const slapdIsMissing: string | undefined = programs.every(exists) ? undefined : 'no slapd and ldap-utils here';

/** An OpenLDAP server of its own, with the people and groups of `directory` and a certificate authority of its own. */
export class Slapd {
  private readonly lines: string[] = [];
  private readonly log: Interface;
  private markers = 0;

  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    /** Without TLS. */
    readonly url: string,
    readonly tlsUrl: string,
    /** Holds the certificate of the authority that signed that of `tlsUrl`, in PEM. */
    readonly authorityFile: string,
  ) {
    this.log = createInterface({ input: process.stderr! }).on('line', (line) => this.lines.push(line));
  }

  /** @param options `saysItIsActiveDirectory`: tells of itself what Active Directory tells, without being one */
  static async start({ saysItIsActiveDirectory = false } = {}): Promise<Slapd> {
    const folder = await mkdtemp(join(tmpdir(), 'haven-slapd-'));
    const [port, tlsPort] = await freePorts();
    const authorityFile = await makeCertificates(folder);
    await writeFile(join(folder, 'rootdse.ldif'), rootDse);
    await writeFile(join(folder, 'slapd.conf'), configuration(folder, saysItIsActiveDirectory));
    await mkdir(join(folder, 'db'));
    await writeFile(join(folder, 'people.ldif'), peopleLdif());
    await run(`${sbin}/slapadd`, ['-q', '-f', join(folder, 'slapd.conf'), '-l', join(folder, 'people.ldif')]);
    const [url, tlsUrl] = [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${tlsPort}`];
    const args = ['-f', join(folder, 'slapd.conf'), '-h', `${url} ${tlsUrl}`, '-d', 'stats'];
    const child = spawn(`${sbin}/slapd`, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const slapd = new Slapd(folder, child, url, tlsUrl, authorityFile);
    try {
      await slapd.waitFor(/slapd starting/);
      // The overlay that keeps memberOf sees only what comes by the protocol.
      await slapd.add(groupsLdif());
      return slapd;
    } catch (error) {
      await slapd.stop();
      throw error;
    }
  }

  /** Adds entries. */
  async add(ldif: string): Promise<void> {
    const file = join(this.folder, 'add.ldif');
    await writeFile(file, ldif);
    await this.asRoot('ldapadd', '-f', file);
  }

  async remove(dn: string): Promise<void> {
    await this.asRoot('ldapdelete', dn);
  }

  async changePassword(dn: string, password: string): Promise<void> {
    await this.asRoot('ldappasswd', '-s', password, dn);
  }

  /** What the server was asked for while `work` ran, one line each, such as `BIND dn="…"` and `SRCH base="…" …`. */
  async operationsOf(work: () => Promise<unknown>): Promise<string[]> {
    await this.mark();
    const start = this.lines.length;
    await work();
    const end = await this.mark();
    return this.lines
      .slice(start, end)
      .flatMap((line) => /op=\d+ (BIND dn=".+"(?= method)|SRCH base=.*$)/.exec(line)?.[1] ?? [])
      .filter((line) => !line.includes('cn=marker'));
  }

  async stop(): Promise<void> {
    this.process.kill();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async asRoot(program: string, ...args: string[]): Promise<void> {
    await run(program, ['-x', '-H', this.url, '-D', directory.root.dn, '-w', directory.root.password, ...args]);
  }

  /** Waits until everything that the server has been asked for so far is in its log. @returns where that ends */
  private async mark(): Promise<number> {
    const marker = `cn=marker-${(this.markers += 1)}`;
    // There is no such entry, which makes the program fail.
    await run('ldapsearch', ['-x', '-H', this.url, '-s', 'base', '-b', marker]).catch(() => undefined);
    return this.waitFor(new RegExp(`SRCH base="${marker}"`));
  }

  private async waitFor(pattern: RegExp): Promise<number> {
    const deadline = AbortSignal.timeout(longestWaitMs);
    for (;;) {
      const at = this.lines.findIndex((line) => pattern.test(line));
      if (at >= 0) return at;
      await once(this.log, 'line', { signal: deadline }).catch((cause: unknown) => {
        throw new Error(`slapd does not say ${pattern.source}: ${this.lines.slice(-5).join('\n')}`, { cause });
      });
    }
  }
}

/** MS-ADTS 3.1.1.3.4.3.1 */
const rootDse = 'dn:\nsupportedCapabilities: 1.2.840.113556.1.4.800\n';
const rootDseDirectives = (folder: string): string => `
attributetype ( 1.2.840.113556.1.4.1464 NAME 'supportedCapabilities' SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )
rootDSE ${folder}/rootdse.ldif
`;

const configuration = (folder: string, saysItIsActiveDirectory: boolean): string => `
include ${schemas}/core.schema
include ${schemas}/cosine.schema
include ${schemas}/inetorgperson.schema
modulepath ${modules}
moduleload back_mdb
moduleload memberof
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${folder}/ca.pem
TLSCertificateFile ${folder}/server.pem
TLSCertificateKeyFile ${folder}/server.key
sizelimit size.soft=500 size.hard=500 size.pr=1000 size.prtotal=unlimited
${saysItIsActiveDirectory ? rootDseDirectives(folder) : ''}

database mdb
suffix ${directory.base}
rootdn ${directory.root.dn}
rootpw ${directory.root.password}
directory ${folder}/db
maxsize 268435456
dbnosync
index objectClass,uid,cn,member,memberOf eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${directory.reader.dn}" read by * none
overlay memberof
memberof-refint true
`;

async function makeCertificates(folder: string): Promise<string> {
  const at = (name: string): string => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const authority = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=Authority of the tests'];
  await run('openssl', ['req', '-x509', ...newKey, ...authority]);
  const server = ['-keyout', at('server.key'), '-out', at('server.pem'), '-subj', '/CN=directory of the tests'];
  const extensions = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:false'];
  const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key')];
  await run('openssl', ['req', '-x509', ...newKey, ...server, ...extensions, ...signing]);
  return at('ca.pem');
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return [ports[0]!, ports[1]!];
}
