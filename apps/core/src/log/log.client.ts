import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { internalAuthorization } from '@haven/auth';
import { Errors } from '@haven/errors';
import { request } from 'undici';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';

/** A search may take seconds; new lines may let wait for ever. */
const headersTimeoutMs = 15_000;
const mostRefusalBytes = 65_536;

const refusals = { 400: Errors.badRequest, 422: Errors.unprocessable, 429: Errors.tooManyRequests } as const;

/** Core's way to the log collector. */
@Injectable()
export class LogClient {
  constructor(@Inject(CORE_CONFIG) private readonly config: CoreConfig) {}

  /**
   * The collector's answer as it comes.
   * @param query as the caller wrote it
   * @throws AppError UNAVAILABLE when the collector is away; what it has against the query, in its words
   */
  async read(path: '/query' | '/tail', query: string): Promise<Readable> {
    const { statusCode, body } = await this.get(`${path}${query}`);
    if (statusCode === 200) return body;
    const refuse = Object.hasOwn(refusals, statusCode) ? refusals[statusCode as keyof typeof refusals] : undefined;
    const text = (await body.text()).slice(0, mostRefusalBytes);
    if (refuse === undefined) throw away(new Error(`the log collector answered ${statusCode}`));
    throw refuse(messageOf(text));
  }

  private async get(path: string): ReturnType<typeof request> {
    try {
      return await request(`${this.config.logCollectorUrl}${path}`, {
        headers: { authorization: internalAuthorization(this.config.internalSecret) },
        headersTimeout: headersTimeoutMs,
        bodyTimeout: 0,
      });
    } catch (cause) {
      throw away(cause);
    }
  }
}

const away = (cause: unknown) =>
  Errors.unavailable('the log collector does not answer; everything else works without it', { cause });

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { errors?: { message?: string }[] }).errors?.[0]?.message;
  } catch {
    return undefined;
  }
}
