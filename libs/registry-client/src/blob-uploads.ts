import type { Readable } from 'node:stream';
import type { Digest } from '@haven/oci';
import type { OutboundResponse } from '@haven/outbound';
import { pullScope, pushScope, type RegistryConnection } from './registry-connection.js';
import { RegistryError } from './registry.error.js';

const streamIdleMs = 60_000;
/** A registry looks at all the bytes once more, and perhaps puts them together, before it answers. */
const finishMs = 600_000;
const cancelMs = 5_000;
/** How a wish to mount may be refused, where an upload would not be. */
const aboutMount: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);

/** An upload under way, as far as the registry has it. */
export interface UploadSession {
  repository: string;
  location: URL;
  /** Bytes that the registry has. */
  offset: number;
  /** Shortest chunk that it takes, but for the last one (`OCI-Chunk-Min-Length`). */
  shortestChunk: number;
}

export interface MountWish {
  digest: Digest;
  /** A repository of the same registry; absent: any that it knows to hold the blob. */
  from?: string | undefined;
}

/** Uploads of blobs (distribution-spec, "Pushing blobs"). */
export class BlobUploads {
  constructor(private readonly connection: RegistryConnection) {}

  /**
   * Begins an upload, or mounts the blob where that can be; a registry that does not like to be asked is asked for no more
   * than an upload.
   * @returns null when it is mounted, and nothing is left to do
   */
  async start(
    repository: string,
    { mount, signal }: { mount?: MountWish; signal?: AbortSignal | undefined } = {},
  ): Promise<UploadSession | null> {
    try {
      return await this.post(repository, mount, signal);
    } catch (error) {
      const isAboutMount = mount !== undefined && error instanceof RegistryError && aboutMount.has(error.status);
      if (!isAboutMount) throw error;
      return this.post(repository, undefined, signal);
    }
  }

  /**
   * Mounts a blob of another repository.
   * @returns false when that cannot be; no upload is left behind
   */
  async mountBlob(repository: string, mount: MountWish, signal?: AbortSignal): Promise<boolean> {
    const session = await this.start(repository, { mount, signal });
    if (session !== null) await this.cancel(session);
    return session === null;
  }

  /**
   * Sends the next bytes, of a known length.
   * @param hasRange whether to say where they belong: of chunks, not of a body that is the whole rest
   */
  async patch(
    session: UploadSession,
    body: Readable,
    { length, hasRange, signal }: { length: number; hasRange: boolean; signal?: AbortSignal | undefined },
  ): Promise<UploadSession> {
    const { offset } = session;
    const response = await this.send(session, [202, 201, 204], {
      method: 'PATCH',
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(length),
        ...(hasRange || offset > 0 ? { 'content-range': `${offset}-${offset + length - 1}` } : {}),
      },
      ...{ body, totalMs: Infinity, idleMs: streamIdleMs, signal },
    });
    const reached = offset + length;
    const told = offsetOf(response) ?? 0;
    // Clients have never looked at what is told here, and not every registry counts well: only less than that is believed.
    const isPart = told > 0 && told < reached - 1;
    return { ...session, location: locationOf(response), offset: isPart ? told : reached };
  }

  /** How far an upload has come. @throws RegistryError not-found when it is gone */
  async status(session: UploadSession, signal?: AbortSignal): Promise<UploadSession> {
    const response = await this.send(session, [204, 202, 200], { method: 'GET', signal });
    const location = response.header('location') === undefined ? session.location : locationOf(response);
    return { ...session, location, offset: offsetOf(response) ?? 0 };
  }

  /** Ends an upload that has all its bytes. */
  async finish(session: UploadSession, digest: Digest, signal?: AbortSignal): Promise<void> {
    const headers = { 'content-length': '0' };
    await this.close(session, digest, { method: 'PUT', headers, totalMs: finishMs, idleMs: finishMs, signal });
  }

  /** Sends all bytes of a blob, and ends the upload, in one request. */
  async put(
    session: UploadSession,
    digest: Digest,
    body: Readable,
    { length, signal }: { length: number; signal?: AbortSignal | undefined },
  ): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(length) };
    await this.close(session, digest, { method: 'PUT', headers, body, totalMs: Infinity, idleMs: finishMs, signal });
  }

  /** Gives an upload up, as far as the registry cares. */
  async cancel(session: UploadSession): Promise<void> {
    try {
      await this.send(session, [204, 202, 200], { method: 'DELETE', signal: AbortSignal.timeout(cancelMs) });
    } catch (error) {
      // It ends by itself, in time.
      if (!(error instanceof RegistryError)) throw error;
    }
  }

  private async post(
    repository: string,
    mount: MountWish | undefined,
    signal: AbortSignal | undefined,
  ): Promise<UploadSession | null> {
    const query = new URLSearchParams(mount === undefined ? {} : { mount: mount.digest });
    const from = mount?.from;
    if (from !== undefined) query.set('from', from);
    const scope = [pushScope(repository), ...(from === undefined ? [] : [pullScope(from)])].join(' ');
    const text = query.size === 0 ? '' : `?${query.toString()}`;
    const path = `/v2/${repository}/blobs/uploads/${text}`;
    const response = await this.connection.expect(mount === undefined ? [202] : [201, 202], path, scope, {
      method: 'POST',
      headers: { 'content-length': '0' },
      ...(signal === undefined ? {} : { signal }),
    });
    response.drop();
    if (response.status === 201) return null;
    const shortestChunk = Number(response.header('oci-chunk-min-length') ?? '0') || 0;
    return { repository, location: locationOf(response), offset: 0, shortestChunk };
  }

  private async close(session: UploadSession, digest: Digest, request: UploadRequest): Promise<void> {
    const { location: given } = session;
    // Appended as text: what is there may be signed as it is written.
    const location = new URL(
      `${given.search === '' ? '?' : `${given.search}&`}digest=${encodeURIComponent(digest)}`,
      given,
    );
    await this.send({ ...session, location }, [201, 200, 204], request);
  }

  private async send(
    { repository, location }: UploadSession,
    statuses: readonly number[],
    { signal, ...request }: UploadRequest,
  ): Promise<OutboundResponse> {
    const response = await this.connection.expect(statuses, location, pushScope(repository), {
      ...request,
      ...(signal === undefined ? {} : { signal }),
      // A redirect could not be followed with a body that is spent.
      ...(request.body === undefined ? {} : { maxRedirects: 0 }),
    });
    response.drop();
    return response;
  }
}

interface UploadRequest {
  method: string;
  headers?: Readonly<Record<string, string>>;
  body?: Readable;
  totalMs?: number;
  idleMs?: number;
  signal: AbortSignal | undefined;
}

/** @throws RegistryError malformed */
function locationOf(response: OutboundResponse): URL {
  const { url } = response;
  const location = URL.parse(response.header('location') ?? '', url.href);
  if (location === null) throw new RegistryError('malformed', `${url.origin} does not say where the upload goes on`);
  // A registry behind a front door that ends TLS may not know of it.
  if (location.host === url.host) location.protocol = url.protocol;
  return location;
}

/** `Range: 0-41` says that 42 bytes are there; `0-0` may also stand for none, as distribution has it. */
function offsetOf(response: OutboundResponse): number | null {
  const [, last] = /^(?:bytes=)?0-(-?\d+)$/.exec(response.header('range') ?? '') ?? [];
  if (last === undefined) return null;
  return last === '0' ? 0 : Math.max(0, Number(last) + 1);
}
