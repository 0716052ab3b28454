import { createHash } from 'node:crypto';
import { closingLocation, deterministicBytes, locationOf, openUpload, type RegistryClient } from '@haven/testing/oci';
import { Agent, request } from 'undici';

const pieceBytes = 1_000_000;
const octets = { 'content-type': 'application/octet-stream' };
const agent = new Agent({ keepAliveTimeout: 1_000, headersTimeout: 600_000, bodyTimeout: 600_000 });

/** Bytes that are made while they are sent, so that the test needs no memory for them. */
export class LargeBlob {
  private readonly hash = createHash('sha256');

  constructor(
    private readonly seed: string,
    readonly size: number,
  ) {}

  /** May be read once. */
  async *bytes(): AsyncGenerator<Buffer> {
    const pieces = Math.ceil(this.size / pieceBytes);
    for (let n = 0; n < pieces; n += 1) {
      const piece = deterministicBytes(`${this.seed}-${n}`, Math.min(pieceBytes, this.size - n * pieceBytes));
      this.hash.update(piece);
      // A turn of the loop for others.
      yield await Promise.resolve(piece);
    }
  }

  /** Of what was read. */
  digest(): string {
    return `sha256:${this.hash.digest('hex')}`;
  }
}

/** Streams a blob up as docker does, and answers its digest. The client has to have a token for the repository. */
export async function pushLarge(client: RegistryClient, repository: string, blob: LargeBlob): Promise<string> {
  const location = await openUpload(client, repository);
  const patched = await client.request('PATCH', location, { headers: octets, body: blob.bytes() });
  const digest = blob.digest();
  const closing = closingLocation(locationOf(patched.expect(202)), digest, client.url);
  (await client.request('PUT', closing, { headers: octets })).expect(201);
  return digest;
}

/** Pulls a blob without keeping it, and answers the digest of what came. */
export async function pullLarge(client: RegistryClient, repository: string, digest: string): Promise<string> {
  const scope = `repository:${repository}:pull`;
  const token = await client.fetchToken({ realm: `${client.url}/service/token`, service: 'harbor-registry', scope });
  const answer = await request(`${client.url}/v2/${repository}/blobs/${digest}`, {
    dispatcher: agent,
    headers: { authorization: `Bearer ${token}` },
  });
  if (answer.statusCode !== 200) throw new Error(`${repository}: ${digest} → ${answer.statusCode}`);
  const hash = createHash('sha256');
  for await (const piece of answer.body) hash.update(piece as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
