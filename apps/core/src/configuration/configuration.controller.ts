import { Controller, Get, Inject, Put } from '@nestjs/common';
import { inSystem, internal, JsonBody, Operation } from '@haven/http';
import { CurrentActor, type Actor } from '../security/actor.decorator.js';
import { ConfigurationChangeService } from './configuration-change.service.js';
import { presentConfiguration, presentInternalConfiguration } from './configuration.presenter.js';
import { configurationBody } from './configuration.schema.js';

@Controller('/api/v2.0')
export class ConfigurationController {
  constructor(@Inject(ConfigurationChangeService) private readonly configuration: ConfigurationChangeService) {}

  @Get('/configurations')
  @Operation('getConfigurations', inSystem('configuration', 'read'))
  async read(): Promise<object> {
    return presentConfiguration(await this.configuration.view());
  }

  @Put('/configurations')
  @Operation('updateConfigurations', inSystem('configuration', 'update'))
  update(
    @CurrentActor() actor: Actor,
    @JsonBody(configurationBody) body: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return this.configuration.update(actor, body);
  }

  @Get('/internalconfig')
  @Operation('getInternalconfig', internal())
  async readInternal(): Promise<object> {
    return presentInternalConfiguration(await this.configuration.view());
  }
}
