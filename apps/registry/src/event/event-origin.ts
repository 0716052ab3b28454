import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';

/** Where the events of this process come from, and how users reach what they are about. */
@Injectable()
export class EventOrigin {
  readonly source: { addr: string; instanceID: string };
  readonly host: string;
  private readonly externalUrl: string;

  constructor(@Inject(REGISTRY_CONFIG) { listen, externalUrl }: RegistryConfig) {
    this.source = { addr: `${listen.host}:${listen.port}`, instanceID: randomUUID() };
    this.host = new URL(externalUrl).host;
    this.externalUrl = externalUrl;
  }

  manifestUrl(repository: string, digest: string): string {
    return `${this.externalUrl}/v2/${repository}/manifests/${digest}`;
  }
}
