import { Inject, Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import type { Principal } from '@haven/auth';
import { Errors } from '@haven/errors';
import { compact, keep } from '@haven/http';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { RegistryClient } from '../registry/registry.client.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';

/** The Harbor release whose API Haven answers to, which clients look at, and Haven's own. */
export const version = 'v2.16.0-haven-0.1.0';

@Injectable()
export class SystemInfoService {
  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
    @Inject(RegistryClient) private readonly registry: RegistryClient,
  ) {}

  /** What anyone may know, and what those may know who have logged in (Harbor's GeneralInfo). */
  async general(principal: Principal): Promise<object> {
    const open = {
      auth_mode: this.configuration.value('auth_mode'),
      primary_auth_mode: this.configuration.value('primary_auth_mode'),
      self_registration: this.configuration.value('self_registration'),
      banner_message: this.configuration.value('banner_message'),
      oidc_provider_name: this.configuration.value('oidc_name'),
    };
    if (principal.kind === 'anonymous') return open;
    return {
      ...open,
      current_time: new Date().toISOString(),
      registry_url: this.config.externalUrl.replace(/^https?:\/\//, ''),
      external_url: this.config.externalUrl,
      harbor_version: version,
      project_creation_restriction: this.configuration.value('project_creation_restriction'),
      has_ca_root: (await this.readCertificate()) !== null,
      registry_storage_provider_name: 'filesystem',
      read_only: this.configuration.value('read_only'),
      notification_enable: this.configuration.value('notification_enable'),
    };
  }

  /** Harbor's SystemInfo: room in the blob store. @throws AppError UNAVAILABLE */
  async volumes(): Promise<object> {
    const { totalBytes, freeBytes } = await this.registry.capacity();
    return compact({ storage: [compact({ total: keep(totalBytes), free: keep(freeBytes) })] });
  }

  /** What clients have to trust, in PEM. @throws AppError NOT_FOUND where certificates are none of ours */
  async rootCertificate(): Promise<Buffer> {
    const certificate = await this.readCertificate();
    if (certificate === null) throw Errors.notFound('there is no root certificate to download');
    return certificate;
  }

  private async readCertificate(): Promise<Buffer | null> {
    // Read each time: certificates are renewed while the platform runs.
    return this.config.caFile === '' ? null : readFile(this.config.caFile).catch(() => null);
  }
}
