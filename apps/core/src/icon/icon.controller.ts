import { Controller, Get, Inject, Param } from '@nestjs/common';
import { open, Operation } from '@haven/http';
import { presentIcon } from './icon.presenter.js';
import { IconService } from './icon.service.js';

@Controller('/api/v2.0/icons')
export class IconController {
  constructor(@Inject(IconService) private readonly icons: IconService) {}

  @Get('/:digest')
  @Operation('getIcon', open())
  async getIcon(@Param('digest') digest: string): Promise<object> {
    return presentIcon(await this.icons.get(digest));
  }
}
