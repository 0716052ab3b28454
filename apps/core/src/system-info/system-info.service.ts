import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@haven/auth';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { CORE_CONFIG, type CoreConfig } from '../core.config.js';

/** The Harbor release whose API Haven answers to, which clients look at, and Haven's own. */
export const version = 'v2.16.0-haven-0.1.0';

@Injectable()
export class SystemInfoService {
  constructor(
    @Inject(CORE_CONFIG) private readonly config: CoreConfig,
    @Inject(ConfigurationService) private readonly configuration: ConfigurationService,
  ) {}

  /** What anyone may know, and what those may know who have logged in (Harbor's GeneralInfo). */
  general(principal: Principal): object {
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
      has_ca_root: false,
      registry_storage_provider_name: 'filesystem',
      read_only: this.configuration.value('read_only'),
      notification_enable: this.configuration.value('notification_enable'),
    };
  }
}
