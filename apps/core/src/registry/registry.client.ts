import { Inject, Injectable } from '@nestjs/common';
import { internalAuthorization } from '@haven/auth';
import { Errors } from '@haven/errors';
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
    try {
      const { statusCode, body } = await request(`${this.config.registryUrl}/internal/capacity`, {
        headers: { authorization: internalAuthorization(this.config.internalSecret) },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`the registry answered ${statusCode}`);
      return capacity.parse(JSON.parse(text));
    } catch (cause) {
      throw Errors.unavailable('the registry cannot be asked at the moment, try again', { cause });
    }
  }
}
