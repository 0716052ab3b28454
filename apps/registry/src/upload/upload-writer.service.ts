import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { AppError, Errors } from '@haven/errors';
import type { Digest, DigestAlgorithm } from '@haven/oci';
import type { Logger } from '@haven/observability';
import { ByteBudget, hashPrefix, receiveUpload, UploadHash, type BlobStore, type Received } from '@haven/storage';
import { LOGGER } from '../registry.config.js';
import { BLOB_STORE } from '../storage/storage.providers.js';
import { TransferLog, type TransferFacts } from '../transfer/transfer.log.js';
import { RunningHashes } from './running-hashes.js';
import { UploadSessionRepository, type Claim } from './upload-session.repository.js';

/** A lease is renewed this many times before it would be over. */
const renewalsPerLease = 3;

/** An upload that this request has for itself, as far as it has come. */
export interface HeldUpload extends Claim {
  /** Fires when the session was cancelled or taken over. */
  readonly signal: AbortSignal;
  /** Set by whoever ends the session: then nothing is left to store. */
  isEnded: boolean;
  /** Whether the file is known to end where the upload does, and is on the disk. */
  isSealed: boolean;
}

/** What a request brings. */
export interface UploadBody {
  source: AsyncIterable<Buffer>;
  /** How many bytes are announced, if any number is. */
  expectedBytes: number | null;
  /** Who sends it. */
  transfer: Omit<TransferFacts, 'id' | 'kind'>;
}

/** Writes to uploads: one writer at a time, bytes and acknowledged state in step. */
@Injectable()
export class UploadWriterService {
  constructor(
    @Inject(UploadSessionRepository) private readonly sessions: UploadSessionRepository,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    @Inject(ByteBudget) private readonly budget: ByteBudget,
    @Inject(RunningHashes) private readonly running: RunningHashes,
    @Inject(TransferLog) private readonly transfers: TransferLog,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /**
   * Runs `work` as the one writer of a session, keeps showing life meanwhile, and then stores how far the upload has come:
   * also when `work` fails.
   * @param wanted the blob that the upload is to become, when `work` ends it
   * @throws AppError UPLOAD_BUSY when somebody else is writing, BLOB_UPLOAD_UNKNOWN when the session was lost meanwhile
   */
  async hold<T>(id: string, wanted: Digest | null, work: (held: HeldUpload) => Promise<T>): Promise<T> {
    const claim = await this.sessions.claim(id, randomUUID(), wanted);
    if (claim === null) throw Errors.uploadBusy(undefined, { headers: { 'Retry-After': '2' } });
    const lost = new AbortController();
    const held: HeldUpload = { ...claim, signal: lost.signal, isEnded: false, isSealed: false };
    const heartbeat = setInterval(
      () => {
        this.renew(held, lost);
      },
      (this.sessions.writerLeaseSeconds * 1000) / renewalsPerLease,
    );
    try {
      // When this fails the session is not let go: whoever is next has to take it over as well, when the lease is over.
      if (claim.isTakeOver) await this.takeOver(held);
      return await this.workAndSettle(held, work);
    } finally {
      clearInterval(heartbeat);
      if (held.isEnded) this.transfers.end(id);
      else this.transfers.pause(id);
    }
  }

  /**
   * Appends a body; what has arrived of it counts, also when the rest never comes.
   * @param last of the digest that is wanted, when the upload is to be a blob then. Only then the disk is waited for: of what
   *   is lost before, the digest tells
   * @returns digest of everything so far
   * @throws AppError SIZE_INVALID when the body is not as long as announced, STORAGE_FULL
   */
  async append(held: HeldUpload, body: UploadBody, last?: DigestAlgorithm): Promise<Digest> {
    const { sha256, wanted } = await this.hashesFor(held, last ?? 'sha256');
    const received = await this.receive(held, body, new Set([sha256, wanted]), last !== undefined);
    held.offsetBytes += received.receivedBytes;
    held.digestSoFar = sha256.digest();
    this.running.put(held.id, sha256);
    if (received.error !== undefined) throw failure(received);
    assertLength(body, received.receivedBytes);
    return wanted.digest();
  }

  /**
   * Digest of what an upload holds already. It is hashed again unless this process has written it: another one may have
   * been there before the machine went down, with bytes that did not come to the disk.
   */
  async digestOf(held: HeldUpload, algorithm: DigestAlgorithm): Promise<Digest> {
    const sha256 = this.running.take(held.id, held.digestSoFar);
    if (algorithm !== 'sha256' || sha256 === null) return (await this.hashAgain(held, algorithm)).digest();
    this.running.put(held.id, sha256);
    return sha256.digest();
  }

  /** Ends a session and removes its bytes. @throws AppError BLOB_UPLOAD_UNKNOWN */
  async cancel(id: string): Promise<void> {
    const epoch = await this.sessions.remove(id);
    this.transfers.end(id);
    if (epoch === null) throw Errors.blobUploadUnknown();
    // The file of a take-over that was cut short may lie one ahead.
    await this.store.removeUpload(id, epoch + 1);
  }

  private async workAndSettle<T>(held: HeldUpload, work: (held: HeldUpload) => Promise<T>): Promise<T> {
    try {
      const outcome = await work(held);
      if (!held.isEnded && !(await this.sessions.settle(held))) throw Errors.blobUploadUnknown();
      return outcome;
    } catch (error) {
      if (!held.isEnded) await this.settleAfterFailure(held);
      throw error;
    }
  }

  /** Ends a session that would only fail again. */
  async giveUp(held: HeldUpload): Promise<void> {
    held.isEnded = true;
    await this.cancel(held.id).catch((error: unknown) => {
      this.log.warn({ err: error, upload: held.id }, 'refused upload not removed');
    });
  }

  /** Of writers that went silent before this one took over. */
  async removeOlderFiles({ id, epoch }: HeldUpload): Promise<void> {
    await this.store.removeUpload(id, epoch).catch((error: unknown) => {
      this.log.warn({ err: error, upload: id }, 'files of an upload that was taken over not removed');
    });
  }

  /** sha256 is always among them, for that is what is stored. */
  private async hashesFor(held: HeldUpload, algorithm: DigestAlgorithm) {
    const sha256 = this.running.take(held.id, held.digestSoFar) ?? (await this.hashAcknowledged(held));
    return { sha256, wanted: algorithm === 'sha256' ? sha256 : await this.hashAgain(held, algorithm) };
  }

  /** @throws AppError BLOB_UPLOAD_UNKNOWN when the file does not hold what was acknowledged, as after a loss of power */
  private async hashAcknowledged(held: HeldUpload): Promise<UploadHash> {
    const sha256 = await this.hashAgain(held, 'sha256');
    if (held.digestSoFar !== null && sha256.digest() !== held.digestSoFar) {
      this.log.error({ upload: held.id }, 'an upload does not hold the bytes that were acknowledged');
      throw Errors.blobUploadUnknown();
    }
    return sha256;
  }

  private async hashAgain(held: HeldUpload, algorithm: DigestAlgorithm): Promise<UploadHash> {
    const { id, epoch, offsetBytes, signal } = held;
    const [hash] = await hashPrefix(this.store, { id, epoch, length: offsetBytes }, [algorithm], signal);
    return hash ?? new UploadHash(algorithm);
  }

  private async receive(
    held: HeldUpload,
    body: UploadBody,
    hashes: ReadonlySet<UploadHash>,
    isLast: boolean,
  ): Promise<Received> {
    const { id, epoch, offsetBytes: offset, signal } = held;
    const { budget } = this;
    const writer = await this.store.openUpload(id, epoch, offset);
    const totalBytes = body.expectedBytes === null ? null : offset + body.expectedBytes;
    let position = offset;
    const onWritten = (bytes: number): void => {
      position += bytes;
    };
    this.transfers.begin({ ...body.transfer, id, kind: 'push' }, { bytes: () => position, totalBytes });
    try {
      const maxBytes = body.expectedBytes ?? Number.MAX_SAFE_INTEGER;
      const target = { writer, offset, hashes: [...hashes], budget, onWritten };
      const received = await receiveUpload({ ...target, source: body.source, maxBytes, signal });
      // So that the commit has nothing left to wait for.
      if (isLast) await writer.sync();
      held.isSealed = isLast && received.error === undefined;
      return received;
    } finally {
      await writer.close();
    }
  }

  /**
   * Goes on in a file of its own: whoever went silent may wake up and write to the old one. An epoch that has a file already
   * was begun by somebody who went silent while taking over, and is passed over.
   */
  private async takeOver(held: HeldUpload): Promise<void> {
    const { id, epoch, offsetBytes } = held;
    do held.epoch += 1;
    while (offsetBytes > 0 && !(await this.store.copyUploadPrefix(id, epoch, held.epoch, offsetBytes)));
    if (!(await this.sessions.startEpoch(held))) throw Errors.blobUploadUnknown();
    this.log.info({ upload: id, epoch: held.epoch }, 'upload taken over from a writer that went silent');
  }

  private renew(held: HeldUpload, lost: AbortController): void {
    this.sessions.renew(held).then(
      (isHeld) => {
        if (!isHeld) lost.abort(Errors.blobUploadUnknown('the upload was cancelled or taken over'));
      },
      (error: unknown) => {
        this.log.warn({ err: error, upload: held.id }, 'lease of an upload not renewed, it is tried again');
      },
    );
  }

  private async settleAfterFailure(held: HeldUpload): Promise<void> {
    await this.sessions.settle(held).catch((error: unknown) => {
      this.log.warn({ err: error, upload: held.id }, 'upload not released, it is free when its lease is over');
    });
  }
}

function failure({ error, aborted }: Received): unknown {
  if (error instanceof AppError || !aborted) return error;
  // Nobody is there to read it; the log has it.
  return Errors.sizeInvalid('the body broke off', { cause: error });
}

function assertLength({ expectedBytes }: UploadBody, receivedBytes: number): void {
  if (expectedBytes === null || expectedBytes === receivedBytes) return;
  throw Errors.sizeInvalid(`${expectedBytes} bytes were announced and ${receivedBytes} came`);
}
