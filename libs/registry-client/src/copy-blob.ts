import { Readable } from 'node:stream';
import type { Descriptor, Digest } from '@haven/oci';
import type { Bandwidth } from './bandwidth.js';
import type { BlobUploads, UploadSession } from './blob-uploads.js';
import { BlobFlow } from './blob-flow.js';
import { DigestTally } from './digest-check.js';
import { RegistryError, toRegistryError } from './registry.error.js';
import type { RemoteRepository } from './remote-repository.js';
import { waitAfter } from './retry.js';

/** Blobs up to this size go in one request: to send them again costs less than to ask how far they have come. */
const oneRequestBytes = 1_048_576;
/** A source that sends wrong bytes is given one more chance. */
const mostMismatches = 2;

/** The target knows nothing of the upload any more, or nothing good. */
const isLost = ({ status, code }: RegistryError): boolean =>
  status === 404 || status === 410 || code === 'DIGEST_INVALID';
/** It stands elsewhere than we thought: what was on its way when a connection broke may still have come in. */
const isOutOfStep = ({ status }: RegistryError): boolean => status === 409 || status === 416;

export interface CopyBlobOptions {
  /** Bytes that one request carries; absent: all that are left. */
  chunkSizeBytes?: number | undefined;
  /** Shared by all that are to stay within it together. */
  bandwidth?: Bandwidth | undefined;
  /** A repository of the target that may have the blob. */
  mountFrom?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Where an upload goes on that an earlier process has begun. */
  resume?: string | undefined;
  /** Told where the upload goes on; who is told may resume it, so it is not given up when the signal fires. */
  onUpload?: ((location: string) => void) | undefined;
  /** Told of bytes as they leave, those that leave once more included. */
  onProgress?: ((bytes: number) => void) | undefined;
}

export interface BlobCopyResult {
  outcome: 'present' | 'mounted' | 'copied';
  /** Bytes that were sent to the target, those that were sent once more included. */
  sentBytes: number;
}

/**
 * Brings a blob from one registry to another: nothing is sent where the target has it or can mount it; else its bytes go
 * from socket to socket in one pass, are held against the digest, and go on where they stopped when either side breaks off.
 * @throws RegistryError when it cannot be done, or not now; the upload is given up then
 */
export async function copyBlob(
  source: RemoteRepository,
  target: RemoteRepository,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  options: CopyBlobOptions = {},
): Promise<BlobCopyResult> {
  const { digest } = blob;
  const { mountFrom: from, signal, resume } = options;
  if ((await target.client.headBlob(target.repository, digest, signal)) !== null) {
    return { outcome: 'present', sentBytes: 0 };
  }
  const resumed = resume === undefined ? null : await findUpload(target, resume, signal);
  const session =
    resumed ?? (await target.client.uploads.start(target.repository, { mount: { digest, from }, signal }));
  if (session === null) return { outcome: 'mounted', sentBytes: 0 };
  const copy = new BlobCopy(source, target, blob, options, session);
  return { outcome: 'copied', sentBytes: await copy.run() };
}

/** How far an upload of an earlier process has come; null when the target does not know of it. */
async function findUpload(
  { client, repository }: RemoteRepository,
  resume: string,
  signal: AbortSignal | undefined,
): Promise<UploadSession | null> {
  const location = URL.parse(resume);
  if (location === null) return null;
  try {
    return await client.uploads.status({ repository, location, offset: 0, shortestChunk: 0 }, signal);
  } catch (error) {
    if (error instanceof RegistryError && !error.isTransient) return null;
    throw error;
  }
}

class BlobCopy {
  private readonly digest: Digest;
  private readonly size: number;
  private tally: DigestTally;
  private sentBytes = 0;
  /** Since the target has come further: whoever does so with each try gets there. */
  private failures = 0;
  private reachedBytes = 0;
  private mismatches = 0;

  constructor(
    private readonly source: RemoteRepository,
    private readonly target: RemoteRepository,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    private readonly options: CopyBlobOptions,
    private session: UploadSession | null,
  ) {
    this.digest = blob.digest;
    this.size = blob.size;
    this.tally = new DigestTally(blob.digest, session?.offset);
    if (session !== null) this.tell(session);
  }

  /** @returns bytes that were sent */
  async run(): Promise<number> {
    const { attempts } = this.target.client.connection.transport.retry;
    for (let isFirst = true; ; isFirst = false) {
      try {
        if (!isFirst && (await this.isThereByNow())) return this.sentBytes;
        await this.send();
        return this.sentBytes;
      } catch (error) {
        const failure = toRegistryError(error, 'the registry');
        this.failures += 1;
        if (this.failures >= attempts || !this.isWorthAnotherTry(failure)) return await this.giveUp(failure);
        if (failure.failure === 'digest-mismatch') await this.dropSession();
        await this.wait(failure);
      }
    }
  }

  private async send(): Promise<void> {
    const { source, digest, size } = this;
    const { signal } = this.options;
    const session = await this.openSession();
    const isSmall = size <= oneRequestBytes;
    const { offset } = session;
    if (isSmall || offset < size) {
      const flow = new BlobFlow(source, { digest, size }, offset, signal);
      try {
        await (isSmall ? this.sendAtOnce(session, flow) : this.sendChunks(session, flow));
      } finally {
        flow.close();
      }
    }
    if (!isSmall) await this.atTarget((uploads, whole) => uploads.finish(whole, digest, signal));
  }

  private async sendAtOnce(session: UploadSession, flow: BlobFlow): Promise<void> {
    const { digest, size: length } = this;
    const { signal } = this.options;
    // How much of it has come when the request breaks is not worth asking.
    this.session = null;
    this.tally = new DigestTally(digest);
    await this.pour(flow, 0, length, (body) =>
      this.target.client.uploads.put(session, digest, body, { length, signal }),
    );
  }

  private async sendChunks(session: UploadSession, flow: BlobFlow): Promise<void> {
    const { chunkSizeBytes, signal } = this.options;
    const chunk = Math.max(chunkSizeBytes ?? Infinity, session.shortestChunk);
    for (let { offset } = session; offset < this.size;) {
      const length = Math.min(chunk, this.size - offset);
      await this.pour(flow, offset, length, (body) =>
        this.atTarget(async (uploads, current) => {
          this.advance(await uploads.patch(current, body, { length, hasRange: chunk !== Infinity, signal }));
        }),
      );
      offset += length;
      if (this.session?.offset !== offset) throw new RegistryError('unavailable', 'the target has not taken all bytes');
    }
  }

  /** Has a request take bytes of the flow. What breaks the flow is what broke the request. */
  private async pour(
    flow: BlobFlow,
    offset: number,
    length: number,
    request: (body: Readable) => Promise<void>,
  ): Promise<void> {
    let broken: unknown;
    const body = Readable.from(
      this.pass(flow, offset, length, (error) => (broken = error)),
      { objectMode: false },
    );
    // Whoever sends the request has an eye on it only as long as the request lasts.
    body.on('error', () => undefined);
    try {
      await request(body);
    } catch (error) {
      throw broken ?? error;
    } finally {
      body.destroy();
    }
  }

  private async *pass(
    flow: BlobFlow,
    offset: number,
    length: number,
    onBreak: (error: unknown) => void,
  ): AsyncGenerator<Buffer> {
    const { bandwidth, signal, onProgress } = this.options;
    let at = offset;
    try {
      for await (const piece of flow.take(length)) {
        await bandwidth?.take(piece.length, signal);
        const isNew = this.tally.position < at + piece.length;
        if (isNew) this.tally.add(piece, at);
        at += piece.length;
        // The target does not get its last bytes when the whole would be wrong.
        if (isNew && at === this.size) this.tally.assertWhole();
        this.sentBytes += piece.length;
        onProgress?.(piece.length);
        yield piece;
      }
    } catch (error) {
      onBreak(error);
      throw error;
    }
  }

  /** Finds out how far the target has come, or that it got all of it and only its answer was lost. */
  private async isThereByNow(): Promise<boolean> {
    const { client, repository } = this.target;
    const { signal } = this.options;
    // An upload that could not be gone on with twice is not asked after a third time.
    if (this.session !== null && this.failures > 2) await this.dropSession();
    if (this.session !== null) {
      try {
        this.advance(await client.uploads.status(this.session, signal));
        return false;
      } catch (error) {
        if (!(error instanceof RegistryError && isLost(error))) throw error;
        this.session = null;
      }
    }
    return (await client.headBlob(repository, this.digest, signal)) !== null;
  }

  private tell({ location }: UploadSession): void {
    this.options.onUpload?.(location.href);
  }

  private advance(session: UploadSession): void {
    this.session = session;
    this.tell(session);
    if (session.offset <= this.reachedBytes) return;
    this.reachedBytes = session.offset;
    this.failures = 0;
  }

  private async openSession(): Promise<UploadSession> {
    const { client, repository } = this.target;
    // Only what was counted here can be there.
    if (this.session !== null && this.session.offset > this.tally.position) await this.dropSession();
    if (this.session === null) {
      this.tally = new DigestTally(this.digest);
      this.session = await client.uploads.start(repository, { signal: this.options.signal });
      if (this.session !== null) this.tell(this.session);
    }
    if (this.session === null) throw new RegistryError('malformed', 'the target mounts what it was not asked to mount');
    return this.session;
  }

  /** An upload that the target does not know any more is begun anew. */
  private async atTarget(work: (uploads: BlobUploads, session: UploadSession) => Promise<void>): Promise<void> {
    const { session } = this;
    if (session === null) throw new RegistryError('unavailable', 'the upload is gone');
    try {
      await work(this.target.client.uploads, session);
    } catch (error) {
      if (!(error instanceof RegistryError) || !(isLost(error) || isOutOfStep(error))) throw error;
      if (isLost(error)) this.session = null;
      throw new RegistryError('unavailable', 'the target does not go on with the upload', { cause: error });
    }
  }

  private isWorthAnotherTry(failure: RegistryError): boolean {
    if (this.options.signal?.aborted === true) return false;
    if (failure.failure === 'digest-mismatch') {
      this.mismatches += 1;
      return this.mismatches < mostMismatches;
    }
    // A token may have ended while bytes were on their way.
    return failure.isTransient || (failure.failure === 'unauthorized' && this.failures === 1);
  }

  private async wait(failure: RegistryError): Promise<void> {
    const { retry, clock } = this.target.client.connection.transport;
    const wait = waitAfter(retry, this.failures, failure.retryAfterMs, clock);
    if (wait === null) return this.giveUp(failure);
    await clock.sleep(wait, this.options.signal).catch(() => this.giveUp(failure));
  }

  private async giveUp(failure: RegistryError): Promise<never> {
    const isAborted = this.options.signal?.aborted === true;
    if (!isAborted || this.options.onUpload === undefined) await this.dropSession();
    throw isAborted ? new RegistryError('aborted', 'the copy was not waited for', { cause: failure }) : failure;
  }

  private async dropSession(): Promise<void> {
    const { session } = this;
    this.session = null;
    if (session !== null) await this.target.client.uploads.cancel(session);
  }
}
