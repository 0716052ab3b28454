import { Inject, Injectable } from '@nestjs/common';
import { SecretBox } from '@haven/auth';
import type { StoredEndpoint } from '@haven/models';
import { OutboundClient } from '@haven/outbound';
import {
  createRemoteRegistry,
  openEndpoint,
  RegistryError,
  type RegistryFailure,
  type RemoteRegistry,
} from '@haven/registry-client';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';

const patienceMs = 15_000;
/** Somebody waits for it: one more try, and soon. */
const retry = { attempts: 2, baseMs: 200, capMs: 200, longestWaitMs: 2_000 };

const refusals: ReadonlySet<RegistryFailure> = new Set(['unauthorized', 'denied', 'not-found']);

/** Asks the registry behind an endpoint. */
@Injectable()
export class RegistryProbe {
  private readonly box: SecretBox;

  constructor(
    @Inject(CORE_CONFIG) config: CoreConfig,
    @Inject(OutboundClient) private readonly outbound: OutboundClient,
  ) {
    this.box = new SecretBox(config.secretKey);
  }

  seal(secret: string): string {
    return secret === '' ? '' : this.box.encrypt(secret);
  }

  /** @throws RegistryError for a type that there is no adapter for */
  remote(endpoint: StoredEndpoint): RemoteRegistry {
    return createRemoteRegistry(
      openEndpoint(endpoint, (secret) => this.box.decrypt(secret)),
      this.outbound,
      { retry },
    );
  }

  /** @returns why it is not healthy; null when it is @throws the signal's reason */
  async whatAils(endpoint: StoredEndpoint, signal?: AbortSignal): Promise<string | null> {
    const patience = AbortSignal.timeout(patienceMs);
    try {
      await this.remote(endpoint).ping(signal === undefined ? patience : AbortSignal.any([signal, patience]));
      return null;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RegistryError)) throw error;
      const { message, detail } = error;
      return detail === '' ? message : `${message}: ${detail}`;
    }
  }

  /** @returns null where artifacts cannot be found by label, or not by this account @throws RegistryError */
  async labels(remote: RemoteRegistry): Promise<string[] | null> {
    try {
      return (await remote.listLabels?.(AbortSignal.timeout(patienceMs))) ?? null;
    } catch (error) {
      if (error instanceof RegistryError && refusals.has(error.failure)) return null;
      throw error;
    }
  }
}
