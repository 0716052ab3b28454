import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { internalAuthorization } from '@haven/auth';
import { Errors, type AppError } from '@haven/errors';
import { request } from 'undici';
import { z } from 'zod';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';

const timeoutMs = 10_000;

const capacity = z.object({ totalBytes: z.number(), freeBytes: z.number() });

/** Core's way to the registry, for what only the registry can tell. */
@Injectable()
export class RegistryClient {
  constructor(@Inject(CORE_CONFIG) private readonly config: CoreConfig) {}

  /** Room in the blob store, in bytes. @throws AppError UNAVAILABLE */
  async capacity(): Promise<z.infer<typeof capacity>> {
    const { statusCode, body } = await this.get('/internal/capacity');
    const text = await body.text();
    if (statusCode !== 200) throw away(new Error(`the registry answered ${statusCode}`));
    return capacity.parse(JSON.parse(text));
  }

  /**
   * The bytes of a blob, to be read to the end or destroyed.
   * @throws AppError UNAVAILABLE, also while they are read; NOT_FOUND when they are gone
   */
  async readBlob(digest: string): Promise<Readable> {
    const { statusCode, body } = await this.get(`/internal/blobs/${digest}`);
    if (statusCode === 200) return Readable.from(whole(body), { objectMode: false });
    await body.dump();
    if (statusCode === 404) throw Errors.notFound(`the bytes of ${digest} are missing`);
    throw away(new Error(`the registry answered ${statusCode}`));
  }

  private async get(path: string): ReturnType<typeof request> {
    try {
      return await request(`${this.config.registryUrl}${path}`, {
        headers: { authorization: internalAuthorization(this.config.internalSecret) },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
    } catch (cause) {
      throw away(cause);
    }
  }
}

async function* whole(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (cause) {
    throw away(cause);
  }
}

const away = (cause: unknown): AppError =>
  Errors.unavailable('the registry cannot be asked at the moment, try again', { cause });
