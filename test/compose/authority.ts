import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../harness/command.ts';

/** Makes an authority and a certificate of a server, as docs/compose.md tells it: `ca.crt`, `tls.crt` and `tls.key`. */
export async function makeCertificate(folder: string, name: string): Promise<void> {
  const file = (leaf: string): string => join(folder, leaf);
  const openssl = (...args: string[]): Promise<string> => mustRun('openssl', args);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = ['-keyout', file('ca.key'), '-out', file('ca.crt'), '-days', '3650', '-subj', '/CN=Example CA'];
  await openssl('req', '-x509', ...curve, ...authority);
  await openssl('req', ...curve, '-keyout', file('tls.key'), '-out', file('tls.csr'), '-subj', `/CN=${name}`);
  await writeFile(file('names'), `subjectAltName=DNS:${name}\n`);
  const signed = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('names')];
  await openssl('x509', '-req', '-in', file('tls.csr'), ...signed, '-days', '365', '-out', file('tls.crt'));
}
